"""The real encoder, decoded from its package: that it means what it should, in both languages."""

from pathlib import Path

import numpy as np
import pytest

from nightmarket import models
from nightmarket.errors import ModelError
from nightmarket.models import Encoder

TWINS = [
    ("Women's red floral summer dress", "女士红色碎花夏季连衣裙"),
    ("Men's slim fit black jeans", "男士修身黑色牛仔裤"),
    ("Wireless Bluetooth headphones with noise cancelling", "无线蓝牙降噪耳机"),
    ("Stainless steel water bottle 750 ml", "不锈钢保温水杯 750毫升"),
    ("Children's picture book about dinosaurs", "儿童恐龙绘本"),
    ("Leather wallet with coin pocket", "真皮钱包带零钱袋"),
    ("Organic green tea, 200 g", "有机绿茶 200克"),
    ("Non-stick frying pan 28 cm", "不粘平底煎锅 28厘米"),
    ("Running shoes with cushioned sole", "缓震跑步鞋"),
    ("Yoga mat, 6 mm thick", "瑜伽垫 6毫米加厚"),
    ("USB-C fast charger 65W", "USB-C 65W 快速充电器"),
    ("Moisturising face cream for dry skin", "干性皮肤保湿面霜"),
    ("Wooden dining table for six people", "六人位实木餐桌"),
    ("Waterproof hiking backpack 40 litres", "40升防水登山背包"),
    ("Cotton bed sheet set, queen size", "纯棉床单四件套 大号"),
    ("Electric toothbrush with two heads", "电动牙刷配两个刷头"),
    ("Cat litter, clumping, 10 kg", "结团猫砂 10公斤"),
    ("Gaming mouse with RGB lights", "RGB灯光游戏鼠标"),
    ("Silk scarf with flower pattern", "花卉图案真丝围巾"),
    ("Kids' rain boots, yellow", "黄色儿童雨靴"),
    ("Dark chocolate bar with almonds", "杏仁黑巧克力"),
    ("Acoustic guitar for beginners", "初学者民谣吉他"),
    ("Desk lamp with adjustable brightness", "可调亮度台灯"),
    ("Bicycle helmet for adults", "成人自行车头盔"),
    ("Knitted wool sweater, grey", "灰色羊毛针织毛衣"),
    ("Phone case for iPhone, transparent", "苹果手机透明保护壳"),
    ("Coffee grinder with ceramic burrs", "陶瓷磨芯咖啡研磨机"),
    ("Sunglasses with polarised lenses", "偏光太阳镜"),
    ("Baby stroller, foldable", "可折叠婴儿推车"),
    ("Umbrella, automatic, windproof", "自动防风雨伞"),
]


@pytest.fixture(scope="module")
def e5(models_home: Path) -> Encoder:
    return models.load(models.EncoderModel, "multilingual-e5-small", models_home)


def test_every_title_finds_its_twin_in_the_other_language(e5: Encoder) -> None:
    english = e5.encode([one for one, _ in TWINS], languages=["en"] * len(TWINS))
    chinese = e5.encode([other for _, other in TWINS], languages=["zh"] * len(TWINS))
    similar = english @ chinese.T
    assert similar.argmax(axis=1).tolist() == list(range(len(TWINS)))
    assert similar.argmax(axis=0).tolist() == list(range(len(TWINS)))


def test_it_agrees_with_transformers_own_way(e5: Encoder, models_home: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = models_home / "multilingual-e5-small"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    texts = [text for pair in TWINS[:8] for text in pair]
    batch = tokenizer([f"query: {text}" for text in texts], padding=True, return_tensors="pt")
    with torch.no_grad():
        states = network(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    expected = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1)).numpy()
    assert np.abs(e5.encode(texts) - expected).max() < 1e-5


def test_the_order_of_texts_changes_no_vector(e5: Encoder) -> None:
    texts = [text for pair in TWINS for text in pair] + ["very long story about a dress " * 200]
    forwards, backwards = e5.encode(texts), e5.encode(texts[::-1])[::-1]
    assert np.abs(forwards - backwards).max() < 1e-5
    assert np.abs(forwards[-1] - e5.encode(texts[-1:])[0]).max() < 1e-5


def test_the_end_of_a_long_text_counts(e5: Encoder) -> None:
    story = "this red dress fits well and looks lovely. " * 80
    same, other = e5.encode(
        [story, story + "the phone battery died after a week and the screen broke. " * 40]
    )
    phone, dress = e5.encode(["phone battery and screen", "red dress"])
    assert other @ phone - other @ dress > same @ phone - same @ dress + 0.01


def test_the_english_model_comes_from_its_package_and_refuses_chinese(tmp_path: Path) -> None:
    encoder = models.load(models.EncoderModel, "all-minilm-l6-v2", tmp_path)
    dress, gown, bottle = encoder.encode(["red dress", "crimson gown", "steel bottle"], languages=["en"] * 3)
    assert dress @ gown > 0.5 > dress @ bottle
    with pytest.raises(ModelError, match="does not name zh"):
        encoder.encode(["连衣裙"], languages=["zh"])
