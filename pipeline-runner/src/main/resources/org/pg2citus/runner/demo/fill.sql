-- ${companies} companies and what belongs to them; ${clicks} clicks.
INSERT INTO countries (code, name, vat, updated_at)
SELECT chr(65 + i / 26) || chr(65 + i % 26), 'Country ' || i, i % 26, '2026-01-01'::timestamptz + i * interval '1 hour'
FROM generate_series(0, 99) AS i;

INSERT INTO app_settings (key, value)
SELECT 'setting.' || i, jsonb_build_object('on', i % 2 = 0, 'limit', i * 10)
FROM generate_series(1, 50) AS i;

INSERT INTO companies (name, plan, country, contact, office, settings, created_at)
SELECT 'Company ' || i, (ARRAY['free', 'team', 'enterprise'])[1 + i % 3]::plan,
       chr(65 + (i % 100) / 26) || chr(65 + (i % 100) % 26), 'office' || i || '@example.com',
       CASE WHEN i % 4 > 0 THEN ROW('Main "Street" ' || i, 'City, ' || i, lpad(i::text, 5, '0'))::address END,
       jsonb_build_object('theme', CASE i % 2 WHEN 0 THEN 'dark' ELSE 'light' END, 'seats', i, 'note', NULL),
       '2020-01-01'::timestamptz + i * interval '1 day 1.000001 seconds'
FROM generate_series(1, ${companies}) AS i;

INSERT INTO campaigns (company_id, name, active, budget, runs, tags)
SELECT 1 + i % ${companies}, 'Campaign ' || i, i % 5 > 0, 1000 + i % 5000,
       daterange('2026-01-01'::date + i % 200, CASE WHEN i % 7 > 0 THEN '2027-01-01'::date END),
       ARRAY['tag ' || i % 10, 'say "hi"', NULL]
FROM generate_series(1, ${companies} * 10) AS i;

-- One ad in five has a body that is stored out of line.
INSERT INTO ads (company_id, campaign_id, title, body, image, weight, updated_at)
SELECT c.company_id, c.id, 'Ad ' || i || ' of ' || c.name,
       CASE WHEN (c.id + i) % 5 = 0
            THEN (SELECT string_agg(md5(c.id::text || '/' || i || '/' || part), '') FROM generate_series(1, 160) AS part)
            ELSE 'Buy at ' || c.name END,
       CASE WHEN i % 3 = 0 THEN decode(md5(c.id::text || i), 'hex') END,
       (c.id % 100) / 7.0, '2026-02-01'::timestamptz + c.id * interval '1 minute'
FROM campaigns c, generate_series(1, 4) AS i;

INSERT INTO clicks (company_id, ad_id, clicked_at, visitor, session, cost, agent)
SELECT a.company_id, a.id, '2026-03-01'::timestamptz + i * interval '17.123456 seconds',
       ('10.' || i % 256 || '.' || (i / 256) % 256 || '.' || i % 199)::inet, md5(i::text)::uuid, (i % 9973) / 1000000.0,
       CASE WHEN i % 11 > 0 THEN 'Browser/' || i % 40 || '.0' END
FROM generate_series(1, ${clicks}) AS i JOIN ads a ON a.id = 1 + i % (${companies} * 40);

INSERT INTO accounts (company_id, number, opening, balance)
SELECT company, number, 1000 * number, 1000 * number
FROM generate_series(1, ${companies}) AS company, generate_series(1, 3) AS number;

INSERT INTO coupons (company_id, code, percent, valid)
SELECT company, 'CODE-' || number, 1 + (company + number) % 100,
       tstzrange('2026-01-01'::timestamptz + number * interval '1 day', NULL, '[)')
FROM generate_series(1, ${companies}) AS company, generate_series(1, 10) AS number;

INSERT INTO samples (company_id) SELECT company FROM generate_series(1, ${companies}) AS company;

INSERT INTO samples (
    company_id, "Small Int", whole, exact, rounded, single, dbl, flag, fixed, bounded, long, raw, day, clock,
    zoned_clock, moment, instant, span, token, host, net, mac, doc, docb, bits, some_bits, place, area, ints, amounts,
    words, names, matrix, moments, level, mail, home)
SELECT 1 + i % ${companies}, s.*
FROM generate_series(1, ${companies}) AS i, (VALUES
    ((-32768)::smallint, 2147483647, 'NaN'::numeric, -123456789012.12345678::numeric(20, 8), 'Infinity'::real,
     5e-324::double precision, true, 'ab'::char(8), E'tab\there'::varchar(40), ''::text, '\x0001ff5c27'::bytea,
     'infinity'::date, '23:59:59.999'::time(3), '00:00:00+15:59'::timetz, '4713-01-01 00:00:00 BC'::timestamp,
     '-infinity'::timestamptz, '-1 year 2 mons -3 days 04:05:06.789'::interval,
     'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '::ffff:1.2.3.4/96'::inet, '2001:db8::/32'::cidr,
     '08:00:2b:01:02:03'::macaddr, '{"b" : 1, "a":[1, 2.50], "b": null}'::json, '{"n": 1e400, "text": "\u00e9\n"}'::jsonb,
     B'10101010'::bit(8), B'1'::varbit, '(1.5,-0)'::point, '((2,2),(0,0))'::box, '[1,10)'::int4range,
     '{[1.5,2.5),(3,)}'::nummultirange, '''fat'':2A ''rat'':3'::tsvector, ARRAY['a,b', '"', NULL, '', '{}'],
     '[2:3][0:1]={{1,NULL},{3,4}}'::int[], ARRAY['2026-06-30 23:59:60+02'::timestamptz], 'team'::plan,
     'a@b'::email, ROW('', NULL, '1')::address),
    (32767::smallint, (-2147483648), 1e-1000::numeric, 0.00000001::numeric(20, 8), '-0'::real,
     'NaN'::double precision, false, ''::char(8), 'ünïcödé 漢字 😀'::varchar(40), repeat('long text ', 1000),
     ''::bytea, '0001-01-01 BC'::date, '00:00'::time(3), '12:00:00.000001-12'::timetz, 'infinity'::timestamp,
     '294276-12-31 23:59:59.999999+00'::timestamptz, '178000000 years'::interval,
     '00000000-0000-0000-0000-000000000000'::uuid, '1.2.3.4'::inet, '0.0.0.0/0'::cidr, 'ff:ff:ff:ff:ff:ff'::macaddr,
     '"\u0000"'::json, 'null'::jsonb, B'00000000'::bit(8), B''::varbit, '(1e308,-1e-308)'::point,
     '((1,1),(1,1))'::box, 'empty'::int4range, '{}'::nummultirange, ''::tsvector, '{}'::text[], '{}'::int[],
     '{}'::timestamptz[], 'free'::plan, '"quoted, name"@example.com'::email, NULL::address)
) AS s;

ANALYZE;
