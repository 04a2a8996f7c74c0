package org.pg2citus.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Files;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.connect.source.SourceRecord;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.pg2citus.deploy.local.PostgresServer;

/**
 * Every type of column: the text in the topic is the one that PostgreSQL itself would send to a subscriber, and reading
 * it gives the value back. The database's own settings for text are hostile ones.
 */
final class TypeFidelityIT {

    /** The settings under which the target reads the text. */
    private static final String[] TEXT_SETTINGS = {
        "SET datestyle TO 'ISO, MDY'",
        "SET intervalstyle TO 'postgres'",
        "SET timezone TO 'UTC'",
        "SET extra_float_digits TO 3",
        "SET bytea_output TO 'hex'",
        "SET lc_monetary TO 'C'",
        "SET quote_all_identifiers TO off",
        "SET search_path TO ''"
    };

    private static final String[] HOSTILE_SETTINGS = {
        "datestyle = 'German, DMY'",
        "intervalstyle = 'sql_standard'",
        "timezone = 'Asia/Kathmandu'",
        "extra_float_digits = -5",
        "bytea_output = 'escape'",
        "quote_all_identifiers = on",
        "search_path = public, pg_temp"
    };

    /** Types that no column's value can be written in, and those of the server's own statistics and indexes. */
    private static final Set<String> WITHOUT_INPUT = Set.of(
            "pg_node_tree",
            "pg_ndistinct",
            "pg_dependencies",
            "pg_mcv_list",
            "pg_brin_bloom_summary",
            "pg_brin_minmax_multi_summary",
            "gtsvector");

    private static final String[] USER_TYPES = {
        "CREATE EXTENSION hstore",
        "CREATE EXTENSION citext",
        "CREATE EXTENSION ltree",
        "CREATE EXTENSION cube",
        "CREATE EXTENSION isn",
        "CREATE SCHEMA \"Odd.Schema\"",
        "CREATE TYPE mood AS ENUM ('sad', 'ok', 'very \"happy\", really')",
        "CREATE TYPE \"Odd.Schema\".\"Odd Type\" AS ENUM ('a b')",
        "CREATE TYPE inner_pair AS (a int, b text)",
        "CREATE TYPE pair AS (x numeric, y timestamptz, p inner_pair, l text[])",
        "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
        "CREATE DOMAIN email AS citext CHECK (VALUE ~ '@')",
        "CREATE DOMAIN moods AS mood[]",
        "CREATE TYPE float_range AS RANGE (subtype = float8, multirange_type_name = float_ranges)",
        "CREATE TYPE celsius",
        "CREATE FUNCTION celsius_in(cstring) RETURNS celsius LANGUAGE internal IMMUTABLE STRICT AS 'textin'",
        "CREATE FUNCTION celsius_out(celsius) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'",
        "CREATE TYPE celsius (INPUT = celsius_in, OUTPUT = celsius_out, LIKE = text)",
        "CREATE TABLE \"Odd.Schema\".holder ()",
    };

    /** Values that only later servers have: the first one, type, value. */
    private static final List<List<String>> LATER_VALUES = List.of(
            List.of("17", "interval", "'infinity'"),
            List.of("17", "interval", "'-infinity'"),
            List.of("16", "numeric", "'0x1F_FF'"),
            List.of("16", "integer", "'0b101'"));

    /** Type, and its values as SQL expressions. */
    private static final Map<String, List<String>> VALUES = new LinkedHashMap<>();

    private static void values(String type, String... values) {
        VALUES.put(type, List.of(values));
    }

    static {
        values("boolean", "true", "false");
        values("smallint", "-32768", "32767");
        values("integer", "-2147483648", "0", "2147483647");
        values("bigint", "-9223372036854775808", "9223372036854775807");
        values(
                "numeric",
                "'NaN'",
                "'Infinity'",
                "'-Infinity'",
                "0",
                "1.0",
                "1.000",
                "-0.00000000000000000001",
                "1e1000",
                "123456789012345678901234567890.123456789012345678901234567890",
                "1e-500");
        values("numeric(10,2)", "99999999.99", "'NaN'", "-0.01");
        values("real", "'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "1.17549435e-38", "3.4028235e38", "0.1", "1e-45");
        values(
                "double precision",
                "'NaN'",
                "'Infinity'",
                "'-Infinity'",
                "'-0'",
                "5e-324",
                "1.7976931348623157e308",
                "0.1",
                "0.30000000000000004",
                "123456789.123456789");
        values("money", "'-92233720368547758.08'", "'92233720368547758.07'", "'1.50'", "0");
        values("oid", "0", "4294967295");
        values("xid", "'4294967295'");
        values("xid8", "'18446744073709551615'");
        values("cid", "'4294967295'");
        values("tid", "'(4294967295,65535)'");
        values(
                "text",
                "''",
                "' '",
                "E'a\\nb\\tc\\\\d\\r'",
                "'\u00e4\u6f22\ud83d\ude00'",
                "'NULL'",
                "E'\\x01\\x7f'",
                "repeat('long', 100000)");
        values("varchar", "''", "'x'");
        values("varchar(5)", "'12345'");
        values("char(5)", "'ab'", "''", "'a    '");
        values("bpchar", "'ab  '");
        values("\"char\"", "'a'", "''", "E'\\\\377'");
        values("name", "'a name'", "''");
        values("bytea", "''", "'\\x00'", "'\\x00ff5c27'", "decode(repeat('00ff', 200000), 'hex')");
        values("bit(8)", "B'10000001'");
        values("bit", "B'1'");
        values("varbit", "B''", "B'1'", "B'0000000100000001'");
        values(
                "date",
                "'infinity'",
                "'-infinity'",
                "'4713-01-01 BC'",
                "'5874897-12-31'",
                "'0044-03-15 BC'",
                "'2024-02-29'",
                "'1582-10-10'");
        values("time", "'00:00:00'", "'24:00:00'", "'23:59:59.999999'", "'12:00:00.000001'");
        values("time(0)", "'12:34:56'");
        values("timetz", "'10:11:12.5+03'", "'24:00:00-15:59'", "'00:00:00+15:59:59'");
        values(
                "timestamp",
                "'infinity'",
                "'-infinity'",
                "'4713-01-01 00:00:00 BC'",
                "'294276-12-31 23:59:59.999999'",
                "'1999-12-31 24:00:00'",
                "'2024-03-31 02:30:00'");
        values(
                "timestamptz",
                "'infinity'",
                "'-infinity'",
                "'4713-01-02 00:00:00+00 BC'",
                "'294276-12-31 23:59:59.999999+00'",
                "'1900-01-01 00:00:00+00:17:30'",
                "'2024-10-27 01:30:00+02'");
        values("timestamptz(3)", "'2024-10-27 01:30:00.1239+02'");
        values(
                "interval",
                "'1 mon 2 days 03:04:05.678'",
                "'-1 mon +2 days -03:04:05.678901'",
                "'178000000 years'",
                "'-178000000 years'",
                "'0'",
                "'1 year -1 day 00:00:00.000001'");
        values("interval day to second(3)", "'1 02:03:04.5678'");
        values("uuid", "'00000000-0000-0000-0000-000000000000'", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'");
        values(
                "json",
                "'null'",
                "'{\"a\": 1.0, \"a\":  2, \"b\":\"\\u00e9\\u0000\"}'",
                "' [1e400, -0, 12345678901234567890.10] '");
        values(
                "jsonb",
                "'null'",
                "'{\"b\": 1.0, \"a\": [true, null, \"\\\\\"]}'",
                "'[1e400, -0, 12345678901234567890.10]'",
                "'\"\"'");
        values("jsonpath", "'$.a[*] ? (@ > 1)'");
        values("xml", "''", "'<a b=\"1\">&amp;</a>'", "'text'", "'<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>'");
        values("int4range", "'empty'", "'(,)'", "'[1,10)'", "'[5,5]'");
        values("int8range", "'[-9223372036854775808,9223372036854775807)'");
        values("numrange", "'[1.0,1.00]'", "'(-Infinity,NaN)'");
        values("daterange", "'[2024-01-01,infinity)'", "'[-infinity,infinity]'");
        values("tsrange", "'[\"2024-01-01 00:00:00\",\"4713-01-01 00:00:00\"]'");
        values("tstzrange", "'(,\"2024-01-01 00:00:00+05\"]'");
        values("int4multirange", "'{}'", "'{[1,2),[5,9)}'");
        values("tstzmultirange", "'{[\"2024-01-01 00:00:00+05\",)}'");
        values("int8multirange", "'{(,-9223372036854775807),[0,1)}'");
        values("tsmultirange", "'{[\"4713-01-01 00:00:00 BC\",infinity]}'");
        values("nummultirange", "'{(,1.0),[2.50,)}'");
        values("datemultirange", "'{[2024-01-01,2024-02-01)}'");
        values("float_range", "'[0.1,1e308]'");
        values("float_ranges", "'{[0.1,0.2],[NaN,]}'");
        values("point", "'(0.1,-1e300)'", "'(NaN,Infinity)'");
        values("line", "'{1,2,3}'", "'{-1,0,0.1}'");
        values("lseg", "'[(0,0),(0.1,1)]'");
        values("box", "'(1,1),(0.1,0)'");
        values("path", "'[(0,0),(1,1),(0.1,0)]'", "'((0,0),(1,1))'");
        values("polygon", "'((0,0),(1,1),(0.1,0))'");
        values("circle", "'<(0.1,0),1e-10>'");
        values("inet", "'192.168.0.1'", "'192.168.0.1/24'", "'::1'", "'2001:db8::/32'");
        values("cidr", "'10.0.0.0/8'", "'::/0'");
        values("macaddr", "'08:00:2b:01:02:03'");
        values("macaddr8", "'08:00:2b:01:02:03:04:05'");
        values("tsvector", "''", "'''it''''s'':1A,5 b:2 ''two words'''", "'a:1 b:16383'");
        values("tsquery", "''", "'fat & (rat | !cat:*AB) <-> ''x y'''");
        values("pg_lsn", "'0/0'", "'FFFFFFFF/FFFFFFFF'");
        values("pg_snapshot", "'10:20:10,14,15'");
        values("txid_snapshot", "'10:20:10,14,15'");
        values("regclass", "'pg_class'", "'\"Odd.Schema\".holder'", "0");
        values("regtype", "'integer'", "'\"Odd.Schema\".\"Odd Type\"'");
        values("regproc", "'pg_sleep'");
        values("regprocedure", "'pg_catalog.sum(integer)'");
        values("regoper", "'pg_catalog.||/'");
        values("regoperator", "'pg_catalog.+(integer,integer)'");
        values("regcollation", "'\"C\"'");
        values("regconfig", "'english'");
        values("regdictionary", "'simple'");
        values("regnamespace", "'public'");
        values("regrole", "'postgres'");
        values("oidvector", "'1 2 3'", "''");
        values("int2vector", "'1 2 3'");
        values("aclitem", "'postgres=r*w/postgres'");
        values("refcursor", "'a cursor'", "''");
        values("mood", "'sad'", "'very \"happy\", really'");
        values("\"Odd.Schema\".\"Odd Type\"", "'a b'");
        values(
                "pair",
                "ROW(1.50, '2024-01-01 00:00:00+05', ROW(1, 'x,\"y\\'), ARRAY['a', NULL, ''])",
                "ROW(NULL, NULL, NULL, NULL)",
                "ROW('NaN', 'infinity', ROW(NULL, ''), '{}')");
        values("positive", "1");
        values("email", "'A@b.c'");
        values("moods", "'{sad,ok}'");
        values("hstore", "''", "'a=>1, \"b c\"=>NULL, \"q\\\"\"=>\"\\\\\"'");
        values("citext", "'MiXed'", "''");
        values("ltree", "'Top.Science.Astronomy'", "''");
        values("lquery", "'*.Ast*{1,2}'");
        values("cube", "'(0.1,2),(3,4)'");
        values("celsius", "'-273.15'", "''", "repeat('9', 100000)::text::celsius::text");
        values("isbn", "'978-0-393-04002-9'");
    }

    private static final List<String> WITHOUT_ARRAY = List.of("moods");

    /** Names in the catalog of types that the table of values calls by their SQL names. */
    private static final Set<String> ALIASES =
            Set.of("time", "timetz", "timestamp", "timestamptz", "varbit", "varchar", "bit");

    @TestFactory
    Stream<DynamicTest> everyType_isTheTextOfNativeReplicationAndReadsBackAsTheSameValue() {
        return IntStream.of(14, 15, 16, 17, 18)
                .mapToObj(version -> dynamicTest("PostgreSQL " + version, () -> checkEveryType(version)));
    }

    private static void checkEveryType(int version) throws Exception {
        try (PostgresServer postgres = TestSource.startServer(version, Map.of("fsync", "off"))) {
            TestSource source = TestSource.of(postgres);
            TestSource.Database database = source.database("types");
            TestSource.Database subscriber = source.database("native");
            Map<String, String> types = createTables(database);
            createTables(subscriber);
            database.createSlot();
            subscribe(subscriber, database);
            for (String setting : HOSTILE_SETTINGS) {
                database.execute("ALTER DATABASE " + database.name + " SET " + setting);
            }
            insert(database, types, version);
            database.execute("INSERT INTO last VALUES (1)");

            Map<String, Map<String, String>> captured = capture(database);
            awaitLast(subscriber, postgres);

            SoftAssertions softly = new SoftAssertions();
            int checked = 0;
            try (Connection sourceSession = database.connect();
                    Connection subscriberSession = subscriber.connect()) {
                TestSource.execute(sourceSession, TEXT_SETTINGS);
                TestSource.execute(subscriberSession, TEXT_SETTINGS);
                assertThat(typesWithoutValues(sourceSession)).isEmpty();
                for (Map.Entry<String, String> type : types.entrySet()) {
                    checked += check(
                            sourceSession,
                            subscriberSession,
                            type.getKey(),
                            type.getValue(),
                            captured.get(type.getKey()),
                            softly);
                }
            }
            subscriber.execute("ALTER SUBSCRIPTION native DISABLE", "ALTER SUBSCRIPTION native SET (slot_name = NONE)");
            subscriber.execute("DROP SUBSCRIPTION native");
            softly.assertAll();
            assertThat(checked).isGreaterThan(750);
            System.out.printf("PostgreSQL %s: %d values of %d types%n", postgres.version(), checked, types.size());
        }
    }

    /** PostgreSQL's own subscription, which the text is compared with. */
    private static void subscribe(TestSource.Database subscriber, TestSource.Database database) throws SQLException {
        // Within one server it cannot make its slot itself: it would wait for its own transaction.
        database.execute("SELECT pg_create_logical_replication_slot('native_' || current_database(), 'pgoutput')");
        // A publisher of 14 sends values in the database's own settings, unless the connection asks for others.
        subscriber.execute(
                "CREATE SUBSCRIPTION native CONNECTION 'host=127.0.0.1 port=%s user=postgres dbname=%s options=''-c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3''' PUBLICATION %s WITH (create_slot = false, slot_name = 'native_%s', copy_data = false)"
                        .formatted(
                                database.settings().get("database.port"), database.name, database.name, database.name));
    }

    private static void awaitLast(TestSource.Database subscriber, PostgresServer postgres) throws Exception {
        for (int attempt = 0; attempt < 1_800; attempt++) {
            if (subscriber.query("SELECT count(*) FROM last").equals("1")) {
                return;
            }
            Thread.sleep(100);
        }
        List<String> log = Files.readAllLines(postgres.log());
        throw new AssertionError("the subscription does not get to the last row: "
                + String.join("\n", log.subList(Math.max(0, log.size() - 10), log.size())));
    }

    /** Types of this server that the table of values leaves out. */
    private static List<String> typesWithoutValues(Connection connection) throws SQLException {
        List<String> missing = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet type = statement.executeQuery(
                        "SELECT pg_catalog.format_type(oid, NULL), typname FROM pg_catalog.pg_type t WHERE"
                                + " typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm', 'e', 'd') AND"
                                + " NOT (typcategory = 'A' AND typelem <> 0 AND typlen = -1 AND typsubscript ="
                                + " 'array_subscript_handler'::regproc)")) {
            while (type.next()) {
                String name = type.getString(1);
                boolean known = VALUES.containsKey(name)
                        || VALUES.containsKey(type.getString(2))
                        || WITHOUT_INPUT.contains(type.getString(2))
                        || ALIASES.contains(type.getString(2));
                if (!known) {
                    missing.add(name);
                }
            }
        }
        return missing;
    }

    /** Table names, and the type of their column {@code v}. */
    private static Map<String, String> createTables(TestSource.Database database) throws SQLException {
        Map<String, String> types = new LinkedHashMap<>();
        for (String type : VALUES.keySet()) {
            types.put("t" + types.size(), type);
            if (!WITHOUT_ARRAY.contains(type)) {
                types.put("t" + types.size(), type + "[]");
            }
        }
        database.execute(USER_TYPES);
        List<String> tables = new ArrayList<>(List.of("CREATE TABLE last (id int PRIMARY KEY)"));
        types.forEach((table, type) ->
                tables.add("CREATE TABLE %s (id int PRIMARY KEY, v %s, other int)".formatted(table, type)));
        database.execute(tables.toArray(String[]::new));
        return types;
    }

    private static void insert(TestSource.Database database, Map<String, String> types, int version)
            throws SQLException {
        try (Connection connection = database.connect()) {
            for (Map.Entry<String, String> table : types.entrySet()) {
                String type = table.getValue();
                List<String> values = type.endsWith("[]")
                        ? arrays(type.substring(0, type.length() - 2), version)
                        : values(type, version);
                values.add(1, "NULL");
                List<String> statements = new ArrayList<>(List.of("BEGIN"));
                for (int i = 0; i < values.size(); i++) {
                    statements.add(
                            "INSERT INTO %s VALUES (%d, (%s)::%s)".formatted(table.getKey(), i, values.get(i), type));
                }
                // The same values again as changed rows, and values that are not sent because they did not change.
                statements.add("INSERT INTO %s SELECT id + 100 FROM %1$s".formatted(table.getKey()));
                statements.add("UPDATE %s new SET v = old.v FROM %1$s old WHERE new.id = old.id + 100"
                        .formatted(table.getKey()));
                statements.add("COMMIT");
                TestSource.execute(connection, statements.toArray(String[]::new));
            }
        }
    }

    private static List<String> values(String type, int version) {
        List<String> values = new ArrayList<>(VALUES.get(type));
        LATER_VALUES.stream()
                .filter(later -> later.get(1).equals(type) && Integer.parseInt(later.get(0)) <= version)
                .forEach(later -> values.add(later.get(2)));
        return values;
    }

    private static List<String> arrays(String element, int version) {
        List<String> elements = values(element, version).stream()
                .map(value -> "(" + value + ")::" + element)
                .toList();
        return new ArrayList<>(List.of(
                "'{}'",
                "ARRAY[" + String.join(", ", elements) + ", NULL]",
                "ARRAY[ARRAY[" + elements.get(0) + "], ARRAY[NULL]]",
                "'[5:5]={NULL}'"));
    }

    /** By table and id. */
    private static Map<String, Map<String, String>> capture(TestSource.Database database) throws Exception {
        Map<String, Map<String, String>> captured = new HashMap<>();
        try (TaskRun run = TaskRun.start(new PostgresSourceTask(), database.settings(), new TaskRun.Offsets())) {
            for (SourceRecord record : run.pollTo(record -> "last".equals(Events.table(record)))) {
                if (Events.table(record) != null && !Events.table(record).equals("last")) {
                    captured.computeIfAbsent(Events.table(record), t -> new HashMap<>())
                            .put(Events.column(record, "id"), Events.column(record, "v"));
                }
            }
        }
        return captured;
    }

    private static int check(
            Connection source,
            Connection subscriber,
            String table,
            String type,
            Map<String, String> captured,
            SoftAssertions softly)
            throws SQLException {
        int checked = 0;
        // The output function, which is what a subscriber gets; and what reading the text gives, under ::text.
        String sql =
                "SELECT id, CASE WHEN v IS DISTINCT FROM NULL THEN pg_catalog.format('%s', v) END, v::text FROM public."
                        + table + " ORDER BY id";
        String qualified = type.replaceFirst(
                "^(mood|moods|pair|positive|email|float_ranges?|celsius|hstore|citext|ltree|lquery|cube|isbn)(?=\\[|$)",
                "public.$1");
        try (PreparedStatement rows = source.prepareStatement(sql);
                PreparedStatement replicatedRows = subscriber.prepareStatement(sql);
                // Of no type: the type's input function reads it, not its cast from text.
                PreparedStatement readBack = subscriber.prepareStatement("SELECT CAST(? AS " + qualified + ")::text");
                ResultSet row = rows.executeQuery();
                ResultSet replicated = replicatedRows.executeQuery()) {
            while (row.next()) {
                String text = captured.get(row.getString(1));
                String where = type + ", row " + row.getString(1);
                softly.assertThat(text).as(where).isEqualTo(row.getString(2));
                softly.assertThat(replicated.next()).as(where + ", replicated").isTrue();
                readBack.setObject(1, text, Types.OTHER);
                try (ResultSet read = readBack.executeQuery()) {
                    read.next();
                    softly.assertThat(read.getString(1))
                            .as(where + ", read back, as native replication has it")
                            .isEqualTo(replicated.getString(3));
                    if (!isXmlDeclaration(row.getString(3))) {
                        softly.assertThat(read.getString(1))
                                .as(where + ", read back, as the source has it")
                                .isEqualTo(row.getString(3));
                    }
                }
                checked++;
            }
        }
        return checked;
    }

    /** It is left out by xml's output function, so no subscriber and no COPY ever gets it. */
    private static boolean isXmlDeclaration(String text) {
        return text != null && text.contains("<?xml");
    }
}
