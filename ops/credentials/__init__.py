"""The operator's credentials: one order of sources for all commands.

1. ``HW_ACCESS_KEY`` and ``HW_SECRET_KEY``, the names of the Terraform provider;
2. ``HUAWEICLOUD_SDK_AK`` and ``HUAWEICLOUD_SDK_SK``, the names of the SDK;
3. the SDK's file, ``~/.huaweicloud/credentials`` or ``HUAWEICLOUD_SDK_CREDENTIALS_FILE``;
4. a profile of KooCLI: ``HW_PROFILE`` in ``~/.hcloud/config.json`` or ``HW_SHARED_CONFIG_FILE``.

The first source that has a value is used. With ``HW_ASSUME_ROLE_AGENCY_NAME``, its credentials are
exchanged for temporary ones of that agency. No message contains a value.
"""
