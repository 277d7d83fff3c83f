"""A stand-in for the huaweicloud provider: it knows names and types, and no cloud.

With it OpenTofu or Terraform validates, plans and even applies the template on a machine without
network or account. What it proves: every argument exists, is of its type, and what is required is
there. What it does not: that Huawei Cloud would accept the values.

``python -m ops.standin install FOLDER`` makes a CLI configuration that uses it.
"""
