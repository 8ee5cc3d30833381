import { FleetError } from '../errors';

/** A download that did not work. `status` is the HTTP status, 0 when there was no answer. */
export class DownloadError extends FleetError {
  readonly code = 'download';

  constructor(
    readonly url: string,
    readonly status: number,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** What Node calls the certificates that it does not take (nodejs.org, "X509 certificate error codes"). */
const CERTIFICATE =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT|INVALID_CA)/;

/** The words for a server that cannot be reached, or that was lost while it answered. */
export function unreachable(url: string, cause: unknown): DownloadError {
  const { host } = new URL(url);
  const given = (cause as { code?: unknown } | undefined)?.code;
  const code = typeof given === 'string' ? given : '';
  if (CERTIFICATE.test(code)) {
    return new DownloadError(url, 0, `The certificate of ${host} is not trusted (${code})`, {
      cause,
      hint: 'Have the certificate of your proxy or mirror installed on this computer (NODE_EXTRA_CA_CERTS for mpyfleet), or choose another index.',
    });
  }
  if (/^(EPROTO$|ERR_SSL_)/.test(code)) {
    return new DownloadError(url, 0, `${host} does not speak https there`, {
      cause,
      hint: 'Check the address and its port, or write http:// if the server is on your own network.',
    });
  }
  return new DownloadError(url, 0, `${host} cannot be reached`, {
    cause,
    hint: 'Check the network, the proxy (http.proxy, or HTTPS_PROXY for mpyfleet) or the index address (mpyFleet.packages.index). What was fetched before needs no network.',
  });
}

/** An answer that broke off. */
export function brokenOff(url: string, cause: unknown): DownloadError {
  return new DownloadError(url, 0, `${url} broke off in the middle`, {
    cause,
    hint: 'Try again. Nothing was changed on the board.',
  });
}

/** The words for an answer that is no success. */
export function refused(url: string, status: number): DownloadError {
  const { host } = new URL(url);
  if (status === 404 || status === 410) {
    return new DownloadError(url, status, `${url} is not there`, {
      hint: 'Check the name, the version or the address.',
    });
  }
  if (status === 407) {
    return new DownloadError(url, status, 'The proxy wants a name and a password', {
      hint: 'Write them into its address: http://NAME:PASSWORD@PROXY:PORT.',
    });
  }
  if (status === 401 || status === 403) {
    return new DownloadError(url, status, `${host} does not let you read ${url} (${status})`, {
      hint: 'A private repository cannot be read from here: use a local folder, or a mirror in your network.',
    });
  }
  if (status === 429) {
    return new DownloadError(url, status, `${host} has had too many questions for now (429)`, {
      hint: 'Wait some minutes, or use a mirror.',
    });
  }
  return new DownloadError(url, status, `${url} answers ${status}`, {
    hint: status >= 500 ? 'The server is out of order. Try again later.' : 'Check the address.',
  });
}
