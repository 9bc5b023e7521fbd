"""Carbon: small pure functions, each with a value from outside to hold it against.

Accounts of firms (GB/T 32150), factors as tables, decomposition (LMDI-I), paths by scenario (Kaya),
whether a series has peaked, targets split over counties, and what land holds and takes up.
"""

from zoning.carbon.account import emissions, energy_tce, fuel_factor
from zoning.carbon.decomposition import Decomposition, lmdi, log_mean
from zoning.carbon.factors import electricity_factor, fuel_table, heat_factor
from zoning.carbon.land import land_account, new_land_cost
from zoning.carbon.path import Scenario, kaya_path, peak_time, scenarios
from zoning.carbon.peak import Peak, Trend, mann_kendall, peak_state
from zoning.carbon.split import close_rates, split_rates, split_total

__all__ = [
    "Decomposition",
    "Peak",
    "Scenario",
    "Trend",
    "close_rates",
    "electricity_factor",
    "emissions",
    "energy_tce",
    "fuel_factor",
    "fuel_table",
    "heat_factor",
    "kaya_path",
    "land_account",
    "lmdi",
    "log_mean",
    "mann_kendall",
    "new_land_cost",
    "peak_state",
    "peak_time",
    "scenarios",
    "split_rates",
    "split_total",
]
