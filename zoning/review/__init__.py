"""Many plans on one map: where they contradict each other, one place, two versions.

`audit`: conflicts of plans, with the rule that names them and a proposal; `site` and `diff` stand
beside it. Rules are data (data/review). What is found is handed to the plan as a Contribution.
"""
