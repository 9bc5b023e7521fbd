"""A plan in a PostGIS database: all tables in one transaction, or none."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base import blocked
from zoning.errors import InputError, ZoningError
from zoning.outputs.exchange.contents import Contents
from zoning.outputs.exchange.files import key_of
from zoning.outputs.qgis.geopackage import quoted

if TYPE_CHECKING:
    from sqlalchemy import Connection


#: Holds the address where none is given, so that no password stands on a command line.
VARIABLE = "ZONING_DATABASE_URL"
#: Seconds that tables may be in use elsewhere before that is told.
WAIT_S = 20
#: Bytes of a name; PostgreSQL cuts a longer one, and another schema may have what is left.
LONGEST = 63
#: Begins the comment of a schema of ours; the names of our tables follow.
MARK = "zoning:"


def write(contents: Contents, url: str | None, schema: str = "zoning") -> None:
    """Write layers and tables into a schema of our own; what we wrote there before is replaced.

    The comment of the schema is the mark of ours, with the names of our tables. A schema without it
    is taken only while it is empty, and no table that is not ours is ever replaced.

    Parameters
    ----------
    contents : Contents
    url : str or None
        SQLAlchemy address, ``postgresql+psycopg://user@host/name``; ``postgresql://`` is read so.
        ``@FILE``: the address stands in that file. None: in the variable ``ZONING_DATABASE_URL``.
        A password may also stand where libpq looks for it (``PGPASSWORD``, ``~/.pgpass``).
    schema : str
        Made if need be.

    Raises
    ------
    InputError
        Without an address, without the packages of ``zoning[postgis]``, where the schema or a table
        is not ours, in use elsewhere or has views of others over it, or when the server refuses.
        The address is never shown: it may hold a password.
    """
    if not schema or "%" in schema or len(schema.encode("utf-8", "replace")) > LONGEST:
        raise InputError.one(
            f"a schema has a name of 1 to {LONGEST} bytes without '%'",
            f"模式名应为 1～{LONGEST} 字节，且不含“%”", where="--schema", code="usage",
            remedy=("choose another one", "请改用其他名称"),
        )  # fmt: skip
    engine = _engine(_address(url))
    import psycopg
    from pandas.errors import DatabaseError
    from sqlalchemy.exc import SQLAlchemyError

    begun = False
    try:
        with engine.begin() as db:
            begun = True
            _hold(db, schema)
            _fill(db, schema, contents)
    # What breaks while a table is filled comes bare, or in an error of pandas.
    except (SQLAlchemyError, psycopg.Error, DatabaseError) as error:
        raise _refused(error, engine.url, schema, begun=begun) from None
    finally:
        engine.dispose()


def _fill(db: Connection, schema: str, contents: Contents) -> None:
    """Write everything into a schema."""
    db.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS postgis")
    db.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}")
    _take(db, schema, [*contents.layers, *contents.tables])
    for name, layer in contents.layers.items():
        frame = layer.rename_geometry("geom")
        frame.to_postgis(name, db, schema=schema, if_exists="replace", index=False)
        _describe(db, schema, name, list(frame.columns), contents)
    for name, table in contents.tables.items():
        table.to_sql(name, db, schema=schema, if_exists="replace", index=False)
        about = contents.said.table_name(name, contents.lang)
        _comment(db, f"TABLE {_place(schema, name)}", about)


def _hold(db: Connection, schema: str) -> None:
    """Hold a schema until the transaction ends, or say who does; the writer's death lets go."""
    db.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_S}s'")
    key = int.from_bytes(hashlib.sha256((MARK + schema).encode()).digest()[:8], "big", signed=True)
    if db.exec_driver_sql("SELECT pg_try_advisory_xact_lock(%(key)s)", {"key": key}).scalar():
        return
    found = db.exec_driver_sql(
        "SELECT application_name AS command, host(client_addr) AS host, "
        "to_char(xact_start, 'YYYY-MM-DD HH24:MI:SS') AS since "
        "FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted "
        "AND (classid::bigint << 32 | objid::bigint) = %(key)s AND objsubid = 1",
        {"key": key},
    ).mappings().first()  # fmt: skip
    holder = {k: v for k, v in (found or {}).items() if v}  # hidden where rights are missing
    raise blocked.held(f"postgis, {schema}", holder)


def _address(url: str | None) -> str | None:
    """Read the address from where it stands."""
    if not url:
        return os.environ.get(VARIABLE)
    if not url.startswith("@"):
        return url
    file = Path(url[1:])
    if not file.is_file():
        raise InputError.one(
            "no such file with the address", "没有存放地址的文件", where=str(file), code="no-url",
            remedy=("it holds one line: postgresql://user@host/name",
                    "文件中只写一行：postgresql://用户@主机/库名"),
        )  # fmt: skip
    return file.read_text(encoding="utf-8-sig").strip() or None


def _take(db: Connection, schema: str, names: Collection[str]) -> None:
    """Make sure that schema and tables are ours; drop what we wrote there before, and mark it."""
    said = db.exec_driver_sql(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %(schema)s",
        {"schema": schema},
    ).scalar()
    there = {
        str(name)
        for (name,) in db.exec_driver_sql(
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE n.nspname = %(schema)s AND relkind IN ('r', 'v', 'm', 'f', 'p')",
            {"schema": schema},
        )
    }
    ours = _names(said)
    if ours is None and there:
        raise InputError.one(
            f"schema '{schema}' holds tables and has no mark of ours",
            f"模式“{schema}”中已有表，且没有本软件的标记", where="postgis", code="foreign",
            remedy=("name a new schema with --schema", "请用 --schema 指定新的模式"),
        )  # fmt: skip
    foreign = sorted((there - (ours or set())) & set(names))
    if foreign:
        listed = ", ".join(foreign)
        raise InputError.one(
            f"tables of schema '{schema}' are not ours: {listed}",
            f"模式“{schema}”中的表不是本软件写入的：{listed}", where="postgis", code="foreign",
            remedy=("rename them, or name another schema", "请改名，或指定其他模式"),
        )  # fmt: skip
    for name in sorted((ours or set()) & there):
        db.exec_driver_sql(f"DROP TABLE {_place(schema, name)}")
    _comment(db, f"SCHEMA {quoted(schema)}", MARK + json.dumps(sorted(names), ensure_ascii=False))


def _names(comment: str | None) -> set[str] | None:
    """Give the names of our tables from the comment of a schema; None where it is not ours."""
    if comment is None or not comment.startswith(MARK):
        return None
    try:
        return {str(name) for name in json.loads(comment.removeprefix(MARK))}
    except ValueError:
        return None


def _engine(url: str | None) -> Any:
    if not url:
        raise InputError.one(
            "no database address", "未给出数据库地址", where="--url", code="no-url",
            remedy=(f"give --url postgresql://user@host/name, --url @FILE, or set {VARIABLE}",
                    f"请给出 --url postgresql://用户@主机/库名、@文件，或设置变量 {VARIABLE}"),
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

    scheme, colon, rest = url.partition("://")
    try:
        if not re.fullmatch(r"postgres(ql)?(\+\w+)?", scheme):  # another database
            raise ValueError(scheme)
        url = "postgresql+psycopg" + colon + rest
        who = f"zoning, pid {os.getpid()} on {socket.gethostname()}"
        return create_engine(url, connect_args={"fallback_application_name": who[:63]})
    except (ArgumentError, ValueError):
        raise InputError.one(
            "not a database address", "数据库地址无效", where="--url", code="bad-url",
            remedy=("it looks like postgresql://user@host/name", "格式为 postgresql://用户@主机/库名"),
        ) from None  # fmt: skip


def _refused(error: Any, url: Any, schema: str, *, begun: bool) -> ZoningError:
    """Say what the server said, or that it is gone; both leave the old result or the new one."""
    while not hasattr(error, "sqlstate") and (inner := getattr(error, "orig", error.__cause__)):
        error = inner
    state, reason = getattr(error, "sqlstate", None), _reason(error, url)
    lost = state is None or state.startswith(("08", "57P"))
    if begun and lost and hasattr(error, "sqlstate"):
        return InputError.one(
            f"the connection to the database broke off: {reason}",
            f"与数据库的连接中断：{reason}", where="postgis", code="database-gone",
            remedy=("the schema holds what it held before or, if only the last answer was lost, "
                    "all of the new plan; write it again",
                    "模式中仍是原有内容；若只是最后的应答丢失，则已是完整的新方案。请重新写入"),
        )  # fmt: skip
    if state == "55P03":
        return InputError.one(
            f"tables of schema '{schema}' are in use by another session",
            f"模式“{schema}”中的表正被其他会话占用", where="postgis", code="file-in-use",
            remedy=("close it there (QGIS, pgAdmin, psql) or end its transaction, and try again",
                    "请在 QGIS、pgAdmin、psql 等程序中关闭或结束事务后重试"),
        )  # fmt: skip
    if state == "2BP01":
        hung = (error.diag.message_detail or reason).splitlines()[0]
        return InputError.one(
            f"something of others hangs on tables of schema '{schema}': {hung}",
            f"模式“{schema}”中的表被其他对象引用：{hung}", where="postgis", code="foreign",
            remedy=("drop that view and make it again after the export, or name another schema",
                    "请先删除该视图、导出后再建，或用 --schema 指定其他模式"),
        )  # fmt: skip
    kind = type(error).__name__
    return InputError.one(
        f"the database refused: {kind}: {reason}", f"数据库拒绝写入：{kind}：{reason}",
        where="postgis", code="database",
        remedy=("check address, rights and the extension postgis",
                "请检查连接地址、权限以及 postgis 扩展"),
    )  # fmt: skip


def _reason(error: BaseException, url: Any) -> str:
    """Give the first line of what the server said, without statement, values and password."""
    lines = str(error).strip().splitlines()
    said = lines[0] if lines else ""
    hidden = str(url.password or "")
    return said.replace(hidden, "***") if hidden else said


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
