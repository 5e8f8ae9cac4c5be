"""The customer's signed pages: update the card, unsubscribe, say what one wants to get.

GET shows, POST acts. Decides nothing about money: it shows a case and puts intents down.
"""

from app.portal.router import router

__all__ = ["router"]
