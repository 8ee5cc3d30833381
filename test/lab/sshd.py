# An SSH server on the loopback interface for one user with one key: every command runs in /bin/sh
# with this process's rights. Prints "port N" once it listens.
# Arguments: the server's private key, the file of authorized keys.
import asyncio
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")
import asyncssh  # noqa: E402 (warns when it is imported)


async def handle(process):
    shell = subprocess.Popen(
        ["/bin/sh", "-c", process.command or "true"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        # The end of the output is not the end of the channel: error output may still come.
        await process.redirect(
            stdin=shell.stdin, stdout=shell.stdout, stderr=shell.stderr, send_eof=False
        )
        status = await asyncio.get_running_loop().run_in_executor(None, shell.wait)
        await process.stdout.drain()
        await process.stderr.drain()
        process.exit(status)
    finally:
        if shell.poll() is None:
            shell.kill()


async def main(host_key, authorized):
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=authorized,
        process_factory=handle,
        encoding=None,
    )
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
