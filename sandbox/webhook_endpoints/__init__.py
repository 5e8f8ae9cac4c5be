"""Webhook endpoints: where events go, in which version, signed with which secret."""
