"""Names and units of the ten provincial indicators, of what they are made from and their grades."""

from zoning.errors import Text


def _grade(en: str, zh: str) -> tuple[Text, str]:
    return Text(f"grade of {en}", f"{zh}等级"), ""


#: By column: name, unit.
PROVINCIAL: dict[str, tuple[Text, str]] = {
    "suitable_m2": (Text("suitable land", "适宜建设用地"), "m2"),
    "suitable_built_m2": (Text("suitable land that is built", "适宜建设用地中的已建"), "m2"),
    "suitable_farmland_m2": (Text("suitable land that is farmed", "适宜建设用地中的耕地"), "m2"),
    "trunk_influence": (Text("influence of trunk lines", "干线影响度"), ""),
    "location_score": (Text("score of the location", "区位优势度"), ""),
    "available_land_mu": (Text("available land, mu per head", "可利用土地资源（亩/人）"), ""),
    "available_water_m3": (Text("available water, m³ per head", "可利用水资源（m³/人）"), ""),
    "population_agglomeration": (Text("people gathered", "人口集聚度"), ""),
    "economic_level": (Text("economic level, 10⁴ yuan per head", "经济发展水平（万元/人）"), ""),
    "transport_superiority": (Text("transport superiority", "交通优势度"), ""),
    "strategic_factor": (Text("factor of the strategic choice", "战略选择系数"), ""),
    "grade_available_land": _grade("available land", "可利用土地资源"),
    "grade_available_water": _grade("available water", "可利用水资源"),
    "grade_overload": _grade("environmental overload", "环境超载"),
    "grade_fragility": _grade("fragility", "生态系统脆弱性"),
    "grade_importance": _grade("ecological importance", "生态重要性"),
    "grade_hazard": _grade("natural hazard", "自然灾害危险性"),
    "grade_population": _grade("people gathered", "人口集聚度"),
    "grade_economy": _grade("economic level", "经济发展水平"),
    "grade_transport": _grade("transport superiority", "交通优势度"),
    "provincial_index": (Text("index A", "综合评价指数 A"), ""),
}
