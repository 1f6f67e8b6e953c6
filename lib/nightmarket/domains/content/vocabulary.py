"""Words that state a fact about an item wherever they stand, in English and Chinese.

Each line is one fact in all its spellings: a text may use any of them when the record uses any of them.
They are looked for in texts as whole words in English and as substrings in Chinese, so a Chinese spelling
that is also part of many other words (红 in 红枣) stands behind ``/``: it supports in a record and never
claims.
"""

_COLOURS = """
red 红色 大红 酒红 / 红
orange 橙色 橘色 / 橙
yellow 黄色 / 黄
green 绿色 / 绿
blue 蓝色 天蓝 / 蓝
navy 藏青 藏蓝 navy-blue
purple violet 紫色 / 紫
pink 粉色 粉红 / 粉
black 黑色 / 黑
white 白色 米白 / 白
grey gray 灰色 / 灰
brown 棕色 褐色 咖啡色 / 棕 褐
beige 米色 杏色 / 杏
cream 奶油色 乳白
ivory 象牙白
gold golden 金色 / 金
silver 银色 / 银
khaki 卡其
turquoise 青绿 湖蓝
maroon burgundy 酒红色 枣红
multicolour multicolor multicoloured 彩色 多色
"""

_MATERIALS = """
cotton 纯棉 全棉 棉质 棉布 / 棉
linen flax 亚麻 / 麻
silk 真丝 蚕丝 丝绸 / 丝
wool woollen woolen 羊毛 / 毛
cashmere 羊绒 开司米
leather 真皮 牛皮 皮革 / 皮
denim 牛仔布 丹宁 / 牛仔
velvet 天鹅绒 丝绒 / 绒
polyester 涤纶 聚酯 聚酯纤维
nylon 尼龙 锦纶
wood wooden 实木 木质 木制 / 木
oak 橡木
pine 松木
walnut 胡桃木 核桃木
beech 榉木
bamboo 竹制 竹质 / 竹
rattan 藤编 / 藤
steel stainless 不锈钢 / 钢
iron 铸铁 铁艺 / 铁
aluminium aluminum 铝合金 / 铝
copper brass 黄铜 纯铜 / 铜
metal metallic 金属
glass 玻璃
crystal 水晶
ceramic 陶瓷 / 陶
porcelain 骨瓷 瓷器 / 瓷
plastic 塑料 / 塑
rubber 橡胶
silicone 硅胶
marble 大理石
paper 纸质 / 纸
wicker 柳编
canvas 帆布
"""

_CLAIMS = """
waterproof water-resistant 防水
organic 有机
handmade hand-made 手工 手作
wireless cordless 无线
rechargeable 可充电 充电式
washable 可机洗 机洗 水洗
non-stick nonstick 不粘
limited 限量
warranty guarantee guaranteed 保修 质保 保证
free 免费 包邮 赠送
discount sale bargain 打折 优惠 特价 折扣
official authentic genuine 正品 官方
imported 进口
vegan 纯素
eco-friendly sustainable 环保
foldable folding 折叠
portable 便携
best finest 最佳 最好 第一
bestselling bestseller 热销 爆款 畅销
new 全新 新款 新品
antibacterial 抗菌
hypoallergenic 防过敏
fireproof flame-retardant 阻燃
dishwasher-safe 可洗碗机
certified 认证
luxury luxurious 奢华 豪华
"""


def _facts(*lists: str) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """Pairs (spellings that claim the fact, spellings that support it)."""
    pairs = []
    for line in "\n".join(lists).strip().splitlines():
        claims, _, more = line.partition("/")
        pairs.append((tuple(claims.split()), (*claims.split(), *more.split())))
    return tuple(pairs)


FACTS = _facts(_COLOURS, _MATERIALS, _CLAIMS)
