"""A mail server with login: STARTTLS on one port, TLS from the first byte on another. Letters go to files."""
import itertools
import pathlib
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder, starttls_port, tls_port = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

numbers = itertools.count()


class Handler:
    async def handle_DATA(self, server, session, envelope):
        (folder / f"{next(numbers)}.eml").write_bytes(envelope.content)
        return "250 kept"


def login(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"editor", b"secret")
    return AuthResult(success=good, handled=False, message=None if good else "535 authorization code, please")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
common = dict(hostname="127.0.0.1", authenticator=login, auth_required=True)
Controller(Handler(), port=starttls_port, tls_context=context, require_starttls=True, **common).start()
Controller(Handler(), port=tls_port, ssl_context=context, auth_require_tls=False, **common).start()
print("ready", flush=True)
time.sleep(600)
