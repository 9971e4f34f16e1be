"""What we ask of a carrier and prove about it. REST is imported late: ivr.carrier.rest."""

from ivr.carrier.ports import CallControl, Fields, NewCall, Proof, Texts
from ivr.carrier.signature import LoopbackOnly, TwilioSignature

__all__ = ["CallControl", "Fields", "LoopbackOnly", "NewCall", "Proof", "Texts", "TwilioSignature"]
