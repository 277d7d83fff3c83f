"""A stand-in for the huaweicloud provider: it has the provider's schema, but no cloud.

With it OpenTofu or Terraform can validate, plan and apply the template without network or account.
This proves that every argument exists and has the right type, and that no required one is missing.
It does not prove that Huawei Cloud accepts the values.

``python -m ops.standin install FOLDER`` writes a CLI configuration that uses it.
"""
