# Each run plans the template with other choices and a mocked provider, and checks which resources
# are created. `terraform test`, or test_template.py, runs it in a rendered stage.

mock_provider "huaweicloud" {
  mock_data "huaweicloud_eg_event_channels" {
    defaults = {
      channels = [{
        id = "official-channel", name = "default", provider_type = "OFFICIAL", description = "",
        created_at = "", updated_at = "", cross_account_ids = [], enterprise_project_id = ""
      }]
    }
  }
  mock_data "huaweicloud_apig_instances" {
    defaults = {
      instances = [{
        id = "the-gateway", name = "gateway", status = "Running", edition = "BASIC", type = "apig",
        created_at = "", eip_address = "", enterprise_project_id = "", loadbalancer_provider = "elb"
      }]
    }
  }
}

variables {
  bucket = "invoices"
  code   = "function.zip"
}

run "everything" {
  command = plan
  assert {
    condition     = length(huaweicloud_eg_event_subscription.uploads) == 1 && length(huaweicloud_fgs_function_trigger.uploads) == 0
    error_message = "uploads do not come by EventGrid"
  }
  assert {
    condition     = huaweicloud_eg_event_subscription.uploads[0].channel_id == "official-channel"
    error_message = "the official channel is not looked up"
  }
  assert {
    condition     = length(huaweicloud_apig_api.api) == 1 && length(huaweicloud_fgs_function_trigger.sweep) == 1
    error_message = "API or sweep is missing"
  }
  assert {
    condition     = huaweicloud_apig_api.api[0].security_authentication == "APP" && huaweicloud_apig_api.api[0].instance_id == "the-gateway"
    error_message = "the API accepts other callers than apps, or is not on the only gateway"
  }
  assert {
    condition     = length(huaweicloud_smn_subscription.failures) == 0
    error_message = "there is a subscription without an e-mail address"
  }
  assert {
    condition     = toset(keys(huaweicloud_ces_alarmrule.function)) == toset(["failures", "rejections", "duration"])
    error_message = "an alarm is missing"
  }
  assert {
    condition     = toset(keys(huaweicloud_lts_keywords_alarm_rule.function)) == toset(["failure-record", "backlog-old", "trigger-dead", "breaker-open"])
    error_message = "an alarm on log lines is missing"
  }
  assert {
    condition     = huaweicloud_apig_group.api[0].domain_access_enabled && length(huaweicloud_apig_group.api[0].url_domains) == 0
    error_message = "the domain for debugging is off, or there is another one"
  }
  assert {
    condition     = huaweicloud_obs_bucket.invoices[0].versioning
    error_message = "the bucket keeps no versions"
  }
}

run "an_operator_without_an_iam_user" {
  command = plan
  override_data {
    target = data.huaweicloud_account.operator
    values = { name = "our-account", username = "agency/session" }
  }
  assert {
    condition     = huaweicloud_lts_keywords_alarm_rule.function["trigger-dead"].notification_save_rule[0].user_name == "our-account"
    error_message = "LTS gets the name of an agency as that of a user"
  }
}

run "an_iam_user" {
  command = plan
  override_data {
    target = data.huaweicloud_account.operator
    values = { name = "our-account", username = "ann" }
  }
  assert {
    condition     = huaweicloud_lts_keywords_alarm_rule.function["trigger-dead"].notification_save_rule[0].user_name == "ann"
    error_message = "the notification does not name the operator"
  }
}

run "classic_trigger" {
  command = plan
  variables {
    trigger = "OBS"
  }
  assert {
    condition     = jsondecode(huaweicloud_fgs_function_trigger.uploads[0].event_data).prefix == "incoming/"
    error_message = "the trigger does not filter by prefix"
  }
  assert {
    condition     = length(data.huaweicloud_eg_event_channels.official) + length(huaweicloud_eg_event_subscription.uploads) == 0
    error_message = "EventGrid is queried without need"
  }
}

run "no_api_no_sweep" {
  command = plan
  variables {
    api            = false
    sweep_schedule = ""
  }
  assert {
    condition     = length(huaweicloud_apig_api.api) + length(huaweicloud_apig_group.api) + length(huaweicloud_apig_throttling_policy.api) + length(huaweicloud_fgs_function_trigger.sweep) == 0
    error_message = "API or sweep is created although it is off"
  }
  assert {
    condition     = output.api_address == ""
    error_message = "there is a URL without an API"
  }
}

run "existing_bucket_and_agency" {
  command = plan
  variables {
    bucket_exists   = true
    function_agency = "theirs"
  }
  assert {
    condition     = length(huaweicloud_obs_bucket.invoices) + length(huaweicloud_identity_agency.function) + length(huaweicloud_identity_role.bucket) + length(huaweicloud_identity_role.topic) == 0
    error_message = "an existing resource is created"
  }
  assert {
    condition     = huaweicloud_fgs_function.function.agency == "theirs" && output.bucket == "invoices"
    error_message = "an existing resource is not used"
  }
}

run "cron_email_channel" {
  command = plan
  variables {
    sweep_schedule    = "0 0 3 * * *"
    bucket_versioning = false
    alarm_email       = "a@example.com"
    event_channel_id  = "theirs"
    api_gateway_id    = "another"
    api_auth          = "IAM"
    ocr_concurrency   = 3
  }
  assert {
    condition     = terraform_data.sweep.input.schedule_type == "Cron"
    error_message = "a cron expression is not recognized as one"
  }
  assert {
    condition     = length(huaweicloud_smn_subscription.failures) == 1
    error_message = "there is no subscription"
  }
  assert {
    condition     = huaweicloud_eg_event_subscription.uploads[0].channel_id == "theirs" && huaweicloud_apig_api.api[0].instance_id == "another"
    error_message = "the named channel or gateway is not used"
  }
  assert {
    condition     = huaweicloud_fgs_function.function.max_instance_num == "3"
    error_message = "the limit of instances is not ocr_concurrency"
  }
}

run "open_api_without_confirmation_is_refused" {
  command = plan
  variables {
    api_auth = "NONE"
  }
  expect_failures = [huaweicloud_apig_api.api]
}

run "open_api_with_confirmation_is_created" {
  command = plan
  variables {
    api_auth             = "NONE"
    api_open_to_everyone = true
  }
  assert {
    condition     = huaweicloud_apig_api.api[0].security_authentication == "NONE"
    error_message = "the API is not open"
  }
}

run "own_domain" {
  command = plan
  variables {
    api_domain         = "invoices.example.com"
    api_certificate_id = "theirs"
  }
  assert {
    condition     = one(huaweicloud_apig_group.api[0].url_domains).name == "invoices.example.com"
    error_message = "the domain is not bound"
  }
  assert {
    condition     = huaweicloud_apig_domain_certificate_associate.api[0].certificate_id == "theirs"
    error_message = "the domain has no certificate"
  }
  assert {
    condition     = output.api_address == "https://invoices.example.com/"
    error_message = "callers get another address"
  }
}

run "a_domain_without_a_certificate_is_refused" {
  command = plan
  variables {
    api_domain = "invoices.example.com"
  }
  expect_failures = [huaweicloud_apig_group.api]
}

run "limits_of_callers_above_the_total_are_refused" {
  command = plan
  variables {
    api_calls_per_minute = 100
  }
  expect_failures = [huaweicloud_apig_throttling_policy.api]
}

run "the_longest_intervals" {
  command = plan
  variables {
    sweep_schedule = "60m"
  }
  assert {
    condition     = terraform_data.sweep.input.schedule_type == "Rate"
    error_message = "an interval is not recognized as one"
  }
}

run "a_longer_interval_is_cron" {
  command = plan
  variables {
    sweep_schedule = "@every 90m"
    auth_url       = "http://127.0.0.1:1/v3"
    endpoints      = { obs = "http://obs.cn-north-4.example.com:9000" }
  }
  assert {
    condition     = terraform_data.sweep.input.schedule_type == "Cron"
    error_message = "a cron expression is not recognized as one"
  }
}

run "alarms_declined_by_name" {
  command = plan
  variables {
    alarm_email = "none"
  }
  assert {
    condition     = length(huaweicloud_smn_subscription.failures) == 0
    error_message = "there is a subscription for nobody"
  }
}

run "overlapping_prefixes_are_refused" {
  command = plan
  variables {
    results_prefix = "incoming/results/"
  }
  expect_failures = [huaweicloud_fgs_function.function, huaweicloud_obs_bucket.invoices]
}

run "prefixes_with_a_common_beginning_are_refused" {
  command = plan
  variables {
    reviews_prefix = "history-of-people/"
  }
  expect_failures = [huaweicloud_obs_bucket.invoices]
}

run "invalid_choices_are_refused" {
  command = plan
  variables {
    stage           = "Dev!"
    bucket          = "UPPER"
    input_prefix    = "/in"
    trigger         = "SMN"
    retries         = 4
    ocr_concurrency = 0
    api_auth        = "MAYBE"
    api_network_type = "V3"
    failures_days   = -1
    history_days    = 1.5
    retries_prefix  = "a:b/"
    progress_prefix = "progress"
    index_prefix    = "/index/"
    history_prefix  = "his//tory/"
    reviews_prefix  = "a<b/"
  }
  expect_failures = [
    var.stage, var.bucket, var.input_prefix, var.failures_days, var.history_days, var.retries_prefix,
    var.progress_prefix, var.index_prefix, var.history_prefix, var.reviews_prefix, var.trigger, var.retries, var.ocr_concurrency, var.api_auth, var.api_network_type,
  ]
}
