"""Which kinds of sinks can be shipped: a module each, imported where it is needed."""

from __future__ import annotations

from importlib import import_module

from pgwitness.shipping.transport import Destination, DestinationInvalid, Transport

KINDS = {
    "file": "pgwitness.shipping.file:FileTransport",
    "stdout": "pgwitness.shipping.stdout:StdoutTransport",
    "syslog": "pgwitness.shipping.syslog:SyslogTransport",
    "webhook": "pgwitness.shipping.webhook:WebhookTransport",
    "splunk": "pgwitness.shipping.splunk:SplunkTransport",
    "elastic": "pgwitness.shipping.elastic:ElasticTransport",
    "otlp": "pgwitness.shipping.otlp:OtlpTransport",
    "nats": "pgwitness.shipping.nats:NatsTransport",
    "parquet": "pgwitness.shipping.parquet:ParquetTransport",
}
"""Kind to the class of its transport, which takes a `Destination`."""

EXTRAS = {"nats": "nats", "parquet": "parquet"}
"""Kinds that need a package, and the extra of ours that brings it."""


def open_transport(destination: Destination) -> Transport:
    """Makes the transport of a sink; it connects when it is first needed.

    Raises:
        DestinationInvalid: nothing here ships that kind, or it lacks a package or a secret.
    """
    place = KINDS.get(destination.kind)
    if place is None:
        raise DestinationInvalid(
            f"sinks of kind {destination.kind} aren't shipped by pgwitness, but by whatever calls "
            "audit.read_sink"
        )
    module, _, name = place.partition(":")
    try:
        made: Transport = getattr(import_module(module), name)(destination)
    except ImportError as error:
        extra = EXTRAS.get(destination.kind, destination.kind)
        raise DestinationInvalid(
            f"kind {destination.kind} needs a package: pip install 'pgwitness[{extra}]'"
        ) from error
    return made
