-- The ledger: one row per invoice, and one per input that has no invoice. DuckDB and Spark run this
-- same query over the tables inputs, records, entries, retries, markers and chosen (one row: prefix,
-- since, until, made_on, and the words of a duplicate in Chinese and English, with {first} for the
-- key of the first appearance, and of one whose first appearance is missing).
--
-- A record counts if it is of the input's present content. Day and month are those of the first
-- upload of that content: to upload it again moves no invoice to another month. A duplicate is every appearance of a
-- well-formed code and number after the first one: by the time of the first upload of its content, then by the hash
-- of its key, which is the order of the index in the bucket. Near duplicates differ in one
-- character of code or number; numbers of one code that follow each other without a gap are none.
--
-- The entries have the values that people corrected. An entry that a person found to be no invoice
-- is neither a duplicate nor the first appearance of one. An entry that a person found to be a
-- duplicate is one of the file that the person named, and no first appearance of others. If that
-- file does not count the same invoice (any more), a person has to decide again: else no file would.
WITH places AS (
    SELECT * FROM (
        VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)
    ) AS one_to_twelve (place)
),

attempts AS (
    SELECT retry_start, max(attempts) AS attempts FROM retries GROUP BY retry_start
),

current_inputs AS (
    SELECT
        inputs.*,
        right(inputs.appearance, 32) AS key_hash,
        CASE
            WHEN inputs.ignored IS NOT NULL THEN 'ignored'
            WHEN result.status = 'recognized' THEN 'recognized'
            -- A person entered the invoices by hand.
            WHEN failure.status = 'recognized' THEN 'recognized'
            WHEN result.status = 'archived' OR failure.status = 'archived' THEN 'archived'
            WHEN failure.status = 'failed' THEN 'failed'
            ELSE 'pending'
        END AS status,
        coalesce(
            nullif(result.first_at, ''), nullif(failure.first_at, ''), inputs.uploaded_at
        ) AS first_at,
        coalesce(result.first_on, failure.first_on, inputs.uploaded_on) AS first_on,
        CASE
            WHEN coalesce(result.status, '') <> 'recognized' AND failure.status = 'recognized'
                THEN inputs.failure_key
            ELSE inputs.record_key
        END AS entries_key,
        coalesce(result.outdated_reviews, failure.outdated_reviews, 0) AS outdated_reviews,
        failure.error_code,
        failure.message,
        failure.hint,
        failure.message_en,
        failure.hint_en,
        attempts.attempts
    FROM inputs
    LEFT JOIN records AS result
        ON inputs.record_key = result.key
        AND (inputs.etag = result.source_etag OR result.status = 'archived')
    LEFT JOIN records AS failure
        ON inputs.failure_key = failure.key
        AND (inputs.etag = failure.source_etag OR failure.status = 'archived')
    LEFT JOIN attempts ON inputs.retry_start = attempts.retry_start
),

-- The columns that tell invoices apart; all others are joined last, which takes less memory. The
-- index tells those of a record in the archive: such an appearance counts, as it does for the API.
identities AS (
    SELECT
        current_inputs.key,
        current_inputs.key_hash,
        current_inputs.first_at,
        entries.entry,
        entries.code,
        entries.number,
        entries.serial,
        entries.is_identified,
        entries.decided_duplicate_of
    FROM current_inputs
    INNER JOIN entries ON current_inputs.entries_key = entries.record_key
    WHERE current_inputs.status = 'recognized' AND entries.verdict <> 'not_an_invoice'
    UNION ALL
    SELECT
        current_inputs.key,
        current_inputs.key_hash,
        current_inputs.first_at,
        1 AS entry,
        markers.code,
        markers.number,
        markers.serial,
        true AS is_identified,
        '' AS decided_duplicate_of
    FROM current_inputs
    INNER JOIN markers ON current_inputs.appearance = markers.appearance
    WHERE current_inputs.status = 'archived'
),

-- The invoices that people found to be duplicates are few.
decided AS (
    SELECT * FROM identities WHERE decided_duplicate_of <> ''
),

-- Those whose named file has the same invoice and counts it. Nobody can compare a code or number that
-- is not well-formed: any invoice of the file does.
decided_well AS (
    SELECT DISTINCT decided.key, decided.entry
    FROM decided
    INNER JOIN identities AS named ON decided.decided_duplicate_of = named.key
    WHERE
        named.decided_duplicate_of = ''
        AND (
            NOT decided.is_identified
            OR (
                named.is_identified
                AND decided.code = named.code
                AND decided.number = named.number
            )
        )
),

-- A decision whose named file does not count the invoice leaves it the first appearance of others.
appearances AS (
    SELECT
        identities.key,
        identities.entry,
        identities.decided_duplicate_of,
        row_number() OVER by_invoice AS appearance,
        first_value(identities.key) OVER by_invoice AS first_key
    FROM identities
    LEFT JOIN decided_well
        ON identities.key = decided_well.key AND identities.entry = decided_well.entry
    WHERE identities.is_identified AND decided_well.key IS NULL
    WINDOW by_invoice AS (
        PARTITION BY identities.code, identities.number
        ORDER BY identities.first_at, identities.key_hash, identities.entry
    )
),

duplicates AS (
    SELECT
        key,
        entry,
        first_key,
        false AS is_first_missing
    FROM appearances
    WHERE appearance > 1 AND decided_duplicate_of = ''
    UNION ALL
    SELECT
        decided.key,
        decided.entry,
        decided.decided_duplicate_of AS first_key,
        decided_well.key IS NULL AS is_first_missing
    FROM decided
    LEFT JOIN decided_well
        ON decided.key = decided_well.key AND decided.entry = decided_well.entry
),

-- Distinct invoices; numbers of one code without a gap between them have the same run.
-- A number with another character than digits, which has no serial, is a run of its own.
distinct_invoices AS (
    SELECT
        code,
        number,
        coalesce(whole.serial, 0) AS serial,
        CASE
            WHEN whole.serial IS NULL THEN 100000000 + row_number() OVER by_code
            ELSE whole.serial - row_number() OVER by_code
        END AS run
    FROM (
        SELECT DISTINCT code, number, serial
        FROM identities
        WHERE length(code) = 12 AND length(number) = 8
    ) AS whole
    WINDOW by_code AS (PARTITION BY code ORDER BY whole.serial NULLS LAST, number)
),

-- Numbers that agree in all places but one agree in a text without this place.
masked_numbers AS (
    SELECT
        code,
        number,
        run,
        run * 100000000 + serial AS rank,
        concat(substr(number, 1, place - 1), '*', substr(number, place + 1)) AS masked
    FROM distinct_invoices
    CROSS JOIN places
    WHERE place <= 8
),

number_groups AS (
    SELECT
        code,
        masked,
        min(run) AS first_run,
        min_by(number, rank) AS first_number,
        max_by(number, rank) AS last_number
    FROM masked_numbers
    GROUP BY code, masked
    HAVING min(run) < max(run)
),

shared_numbers AS (
    SELECT number FROM distinct_invoices GROUP BY number HAVING count(*) > 1
),

masked_codes AS (
    SELECT
        invoice.code,
        invoice.number,
        concat(substr(invoice.code, 1, place - 1), '*', substr(invoice.code, place + 1)) AS masked
    FROM distinct_invoices AS invoice
    INNER JOIN shared_numbers ON invoice.number = shared_numbers.number
    CROSS JOIN places
),

code_groups AS (
    SELECT number, masked, min(code) AS first_code, max(code) AS last_code
    FROM masked_codes
    GROUP BY number, masked
    HAVING min(code) < max(code)
),

near_pairs AS (
    SELECT
        each.code,
        each.number,
        each.code AS near_code,
        CASE
            WHEN each.run = found.first_run THEN found.last_number ELSE found.first_number
        END AS near_number
    FROM masked_numbers AS each
    INNER JOIN number_groups AS found
        ON each.code = found.code AND each.masked = found.masked
    UNION ALL
    SELECT
        each.code,
        each.number,
        CASE
            WHEN each.code = found.first_code THEN found.last_code ELSE found.first_code
        END AS near_code,
        each.number AS near_number
    FROM masked_codes AS each
    INNER JOIN code_groups AS found
        ON each.number = found.number AND each.masked = found.masked
),

near AS (
    SELECT code, number, min(concat(near_code, ' ', near_number)) AS near_invoice
    FROM near_pairs
    GROUP BY code, number
)

SELECT
    present.status,
    present.key,
    present.etag,
    present.first_at AS uploaded_at,
    present.first_on AS uploaded_on,
    substr(CAST(present.first_on AS STRING), 1, 7) AS month,
    invoices.entry,
    invoices.page,
    invoices.code,
    invoices.number,
    invoices.location,
    invoices.province,
    invoices.city,
    invoices.year,
    invoices.amount_text,
    invoices.amount,
    invoices.amount_words,
    invoices.confidence,
    invoices.confidence_code,
    invoices.confidence_number,
    invoices.confidence_location,
    invoices.confidence_amount,
    invoices.needs_review
    OR coalesce(duplicates.is_first_missing, false)
    OR (duplicates.first_key IS NOT NULL AND NOT invoices.is_duplicate_accepted) AS needs_review,
    duplicates.first_key AS duplicate_of,
    near.near_invoice,
    -- An expense needs its invoice by 31 May of the next year (国家税务总局公告2018年第28号); the
    -- code's year stands for that of the expense.
    make_date(invoices.year + 1, 5, 31) < chosen.made_on AS is_year_over,
    concat_ws(
        ' ', nullif(invoices.finding_codes, ''),
        CASE WHEN duplicates.first_key IS NOT NULL THEN 'duplicate' END,
        CASE WHEN duplicates.is_first_missing THEN 'first_missing' END
    ) AS finding_codes,
    concat_ws(
        ' ', nullif(invoices.severities, ''),
        CASE WHEN duplicates.first_key IS NOT NULL THEN 'serious' END,
        CASE WHEN duplicates.is_first_missing THEN 'serious' END
    ) AS severities,
    concat_ws(
        chr(10), nullif(invoices.findings, ''),
        CASE
            WHEN duplicates.first_key = present.key THEN chosen.duplicate_here
            ELSE replace(chosen.duplicate_elsewhere, '{first}', duplicates.first_key)
        END,
        CASE WHEN duplicates.is_first_missing THEN chosen.first_missing END
    ) AS findings,
    concat_ws(
        chr(10), nullif(invoices.findings_en, ''),
        CASE
            WHEN duplicates.first_key = present.key THEN chosen.duplicate_here_en
            ELSE replace(chosen.duplicate_elsewhere_en, '{first}', duplicates.first_key)
        END,
        CASE WHEN duplicates.is_first_missing THEN chosen.first_missing_en END
    ) AS findings_en,
    invoices.accepted,
    invoices.verdict,
    invoices.reviewed_by,
    invoices.reviewed_at,
    invoices.review_reason,
    invoices.read_values,
    invoices.is_by_hand,
    invoices.is_conflict,
    present.outdated_reviews,
    present.error_code,
    present.message,
    present.hint,
    present.message_en,
    present.hint_en,
    present.ignored,
    present.attempts
FROM current_inputs AS present
CROSS JOIN chosen
LEFT JOIN entries AS invoices
    ON present.entries_key = invoices.record_key AND present.status = 'recognized'
LEFT JOIN duplicates
    ON present.key = duplicates.key AND invoices.entry = duplicates.entry
LEFT JOIN near
    ON
        invoices.code = near.code AND invoices.number = near.number
        AND invoices.verdict <> 'not_an_invoice'
WHERE
    substr(present.key, 1, length(chosen.prefix)) = chosen.prefix
    AND (chosen.since IS NULL OR present.first_on >= chosen.since)
    AND (chosen.until IS NULL OR present.first_on <= chosen.until)
