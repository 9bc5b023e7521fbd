"""A plan in a PostGIS database: all tables in one transaction, or none."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError
from zoning.outputs.exchange.contents import Contents
from zoning.outputs.exchange.files import key_of
from zoning.outputs.qgis.geopackage import quoted

if TYPE_CHECKING:
    from sqlalchemy import Connection


def write(contents: Contents, url: str | None, schema: str = "zoning") -> None:
    """Write layers and tables into a schema; tables of the same names there are replaced.

    Parameters
    ----------
    contents : Contents
    url : str or None
        SQLAlchemy address, ``postgresql+psycopg://user@host/name``; ``postgresql://`` is read so.
    schema : str
        Made if need be.

    Raises
    ------
    InputError
        Without an address, without the packages of ``zoning[postgis]``, or when the server
        refuses. The address is never shown: it may hold a password.
    """
    engine = _engine(url)
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with engine.begin() as db:
            db.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
            db.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
            for name, layer in contents.layers.items():
                frame = layer.rename_geometry("geom")
                frame.to_postgis(name, db, schema=schema, if_exists="replace", index=False)
                _describe(db, schema, name, list(frame.columns), contents)
            for name, table in contents.tables.items():
                table.to_sql(name, db, schema=schema, if_exists="replace", index=False)
                _comment(
                    db,
                    f"TABLE {_place(schema, name)}",
                    contents.said.table_name(name, contents.lang),
                )
    except SQLAlchemyError as error:
        raise InputError.one(
            f"the database refused: {type(error).__name__}: {_reason(error)}",
            f"数据库拒绝写入：{type(error).__name__}：{_reason(error)}",
            where="postgis", code="database",
            remedy=("check address, rights and the extension postgis",
                    "请检查连接地址、权限以及 postgis 扩展"),
        ) from None  # fmt: skip
    finally:
        engine.dispose()


def _engine(url: str | None) -> Any:
    if not url:
        raise InputError.one(
            "no database address", "未给出数据库地址", where="--url", code="no-url",
            remedy=("give --url postgresql://user@host/name", "请给出 --url postgresql://用户@主机/库名"),
        )  # fmt: skip
    for package in ("sqlalchemy", "geoalchemy2", "psycopg"):
        if find_spec(package) is None:
            raise InputError.one(
                f"the package '{package}' is not installed", f"未安装软件包“{package}”",
                where="postgis", code="missing-package",
                remedy=('pip install "zoning[postgis]"', 'pip install "zoning[postgis]"'),
            )  # fmt: skip
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError

    for old in ("postgres://", "postgresql://"):
        if url.startswith(old):
            url = "postgresql+psycopg://" + url.removeprefix(old)
    try:
        return create_engine(url)
    except ArgumentError:
        raise InputError.one(
            "not a database address", "数据库地址无效", where="--url", code="bad-url",
            remedy=("it looks like postgresql://user@host/name", "格式为 postgresql://用户@主机/库名"),
        ) from None  # fmt: skip


def _reason(error: Exception) -> str:
    """Give the first line of what the server said, without the statement and its values."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else ""


def _place(schema: str, table: str) -> str:
    return f"{quoted(schema)}.{quoted(table)}"


def _describe(
    db: Connection, schema: str, layer: str, columns: list[str], contents: Contents
) -> None:
    """Give a layer its key, and say what layer and columns are."""
    place = _place(schema, layer)
    key = key_of(layer, columns)
    if key:
        db.exec_driver_sql(f"ALTER TABLE {place} ADD PRIMARY KEY ({quoted(key)})")
    about = contents.said.table_name(layer, contents.lang)
    _comment(db, f"TABLE {place}", f"{about} {contents.notice}".strip())
    for column in columns:
        if column != "geom":
            _comment(
                db,
                f"COLUMN {place}.{quoted(column)}",
                contents.describe(column, layer)[contents.lang],
            )


def _comment(db: Connection, thing: str, text: str) -> None:
    literal = text.replace("\\", "\\\\").replace("'", "''").replace("%", "%%")
    db.exec_driver_sql(f"COMMENT ON {thing} IS E'{literal}'")
