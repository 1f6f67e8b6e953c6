"""The demo shop: seeded, bilingual exports of any size, day by day, and a record of all that was planted.

``write_day(day, landing, truth_folder)`` writes one day. ``Shop.sized(opening)`` is the shop such a day is a
function of, for whoever wants rows without files. Needs the extra ``demo``.
"""

from nightmarket.demo.shop import Shop
from nightmarket.demo.write import write_day

__all__ = ["Shop", "write_day"]
