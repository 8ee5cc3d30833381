import * as l10n from '@vscode/l10n';
import { FleetError } from '../errors';
import { withoutLogin } from './plainUrl';

/** A failed download. `status` is the HTTP status, or 0 if there was no answer. */
export class DownloadError extends FleetError {
  readonly code = 'download';

  readonly url: string;

  constructor(
    url: string,
    readonly status: number,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message.replaceAll(url, withoutLogin(url)), options);
    this.url = withoutLogin(url);
  }
}

/** The content at an address does not have the hash that was asked for. */
export class WrongHashError extends DownloadError {}

/** Node's error codes for rejected certificates (nodejs.org, "X509 certificate error codes"). */
const CERTIFICATE =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_|ERR_TLS_CERT|INVALID_CA)/;

/**
 * Returns the error for a server that cannot be reached, or whose connection broke before it
 * answered.
 */
export function unreachable(url: string, cause: unknown): DownloadError {
  const { host } = new URL(url);
  const given = (cause as { code?: unknown } | undefined)?.code;
  const code = typeof given === 'string' ? given : '';
  if (CERTIFICATE.test(code)) {
    return new DownloadError(
      url,
      0,
      l10n.t('The certificate of {0} is not trusted ({1})', host, code),
      {
        cause,
        hint: l10n.t(
          'Install the certificate of your proxy or mirror on this computer (NODE_EXTRA_CA_CERTS for mpyfleet), or choose another index.',
        ),
      },
    );
  }
  if (/^(EPROTO$|ERR_SSL_)/.test(code)) {
    return new DownloadError(url, 0, l10n.t('{0} does not support https on this port', host), {
      cause,
      hint: l10n.t(
        'Check the address and its port, or use http:// if the server is on your own network.',
      ),
    });
  }
  return new DownloadError(url, 0, l10n.t('{0} cannot be reached', host), {
    cause,
    hint: l10n.t(
      'Check the network, the proxy (http.proxy, or HTTPS_PROXY for mpyfleet) or the index address (mpyFleet.packages.index). Packages fetched before need no network.',
    ),
  });
}

/** Returns the error for an answer that ended early. */
export function brokenOff(url: string, cause: unknown): DownloadError {
  return new DownloadError(url, 0, l10n.t('The connection to {0} was lost', url), {
    cause,
    hint: l10n.t('Try again. Nothing was changed on the board.'),
  });
}

/** Returns the error for an HTTP status other than success. */
export function refused(url: string, status: number): DownloadError {
  const { host } = new URL(url);
  if (status === 404 || status === 410) {
    return new DownloadError(url, status, l10n.t('{0} was not found', url), {
      hint: l10n.t('Check the name, the version or the address.'),
    });
  }
  if (status === 407) {
    return new DownloadError(url, status, l10n.t('The proxy requires a user name and a password'), {
      hint: l10n.t('Add them to its address: http://NAME:PASSWORD@PROXY:PORT.'),
    });
  }
  if (status === 401 || status === 403) {
    return new DownloadError(
      url,
      status,
      l10n.t('{0} denies access to {1} ({2})', host, url, status),
      {
        hint: l10n.t(
          'Private repositories are not supported: use a local folder, or a mirror on your network.',
        ),
      },
    );
  }
  if (status === 429) {
    return new DownloadError(
      url,
      status,
      l10n.t('{0} has received too many requests (429)', host),
      {
        hint: l10n.t('Wait a few minutes, or use a mirror.'),
      },
    );
  }
  return new DownloadError(url, status, l10n.t('{0} answered {1}', url, status), {
    hint:
      status >= 500
        ? l10n.t('The server has a problem. Try again later.')
        : l10n.t('Check the address.'),
  });
}
