"""The names of events, as Google Analytics 4 gives them, and what they say."""

ABOUT_ONE_ITEM = ("select_item", "view_item", "add_to_wishlist", "add_to_cart", "remove_from_cart")
SALES = ("purchase", "refund")
"""Lines of an order, dated when the order was; they may be of no item, as postage is."""
CLICKS = ("select_item", "view_item")
CHECKOUT = ("begin_checkout", "add_shipping_info", "add_payment_info")
"""Naming an address or a card is part of checking out."""
STEPS = ("visit", "view_item", "add_to_cart", "begin_checkout", "purchase")
"""The funnel: how far a session came, of its events the furthest."""
INTEREST = {"views": "view_item", "carts": "add_to_cart", "purchases": "purchase", "refunds": "refund"}
"""The events that say something of wanting an item, by what their numbers are called."""
BOT_REASONS = ("user_agent", "rate", "regularity")
"""Why an event is taken for a machine's, the surest first."""
