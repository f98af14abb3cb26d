"""Payment providers: each signs its requests and checks what it receives in its own way."""

from govline.payments.providers.paypay import PayPay

__all__ = ["PayPay"]
