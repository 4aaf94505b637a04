"""TLS as all receivers get it: the certificate is verified, and that it is the host's."""

from __future__ import annotations

import ssl

from pgwitness.shipping.transport import Destination, DestinationInvalid


def make_tls_context(destination: Destination) -> ssl.SSLContext:
    """Makes a context that trusts what the system trusts, and besides what ca_file holds.

    Raises:
        DestinationInvalid: the file can't be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    path = destination.text("ca_file")
    if path:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError) as error:
            why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise DestinationInvalid(f"ca_file {path} can't be used: {why}") from None
    return context
