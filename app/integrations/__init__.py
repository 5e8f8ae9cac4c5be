"""Adapters: the only home of vendor SDKs. A folder a vendor; each makes facts or carries out intents."""
