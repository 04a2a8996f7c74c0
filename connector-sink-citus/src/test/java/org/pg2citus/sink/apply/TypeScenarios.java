package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Row;

/** Values of every type arrive as the text that the source has, whichever statement takes them there. */
abstract class TypeScenarios extends ApplyScenarios {

    /** A type and values of it; {@code null} is SQL NULL. */
    record TypeCase(String type, List<String> values) {

        static TypeCase of(String type, String... values) {
            List<String> all = new ArrayList<>(List.of(values));
            all.add(null);
            return new TypeCase(type, Collections.unmodifiableList(all));
        }

        @Override
        public String toString() {
            return type;
        }
    }

    static Stream<TypeCase> types() {
        return Stream.of(
                TypeCase.of("smallint", "-32768", "32767", "0"),
                TypeCase.of("integer", "-2147483648", "2147483647"),
                TypeCase.of("bigint", "-9223372036854775808", "9223372036854775807"),
                TypeCase.of("oid", "0", "4294967295"),
                TypeCase.of("boolean", "true", "false"),
                TypeCase.of("real", "NaN", "Infinity", "-Infinity", "1e-45", "3.4028235e+38", "0.1", "-0"),
                TypeCase.of(
                        "double precision",
                        "NaN",
                        "Infinity",
                        "-Infinity",
                        "5e-324",
                        "0.1",
                        "-0",
                        "0.30000000000000004"),
                TypeCase.of(
                        "numeric",
                        "NaN",
                        "Infinity",
                        "-Infinity",
                        "0",
                        "0.00",
                        "1.10",
                        "1e-100",
                        "9".repeat(200) + ".5"),
                TypeCase.of("numeric(12,2)", "NaN", "-9999999999.99", "0.10"),
                TypeCase.of("money", "$1,234.56", "-$0.01"),
                TypeCase.of(
                        "text",
                        "",
                        "NULL",
                        "null",
                        "\\N",
                        "\\",
                        "\"",
                        "'",
                        "a\tb\nc\rd",
                        "{}",
                        "ä€𝄞",
                        " x ",
                        "\\.",
                        "?",
                        "$1"),
                TypeCase.of("varchar(5)", "", "abcde", "ä€𝄞"),
                TypeCase.of("char(5)", "abcde", "a", ""),
                TypeCase.of("\"char\"", "a", "\\"),
                TypeCase.of("name", "n", ""),
                TypeCase.of("bytea", "\\x", "\\x00ff5c27", "\\xdeadbeef"),
                TypeCase.of(
                        "date",
                        "infinity",
                        "-infinity",
                        "0044-03-15 BC",
                        "4713-01-01 BC",
                        "5874897-12-31",
                        "2024-02-29"),
                TypeCase.of("time", "00:00:00", "24:00:00", "12:34:56.789012"),
                TypeCase.of("timetz", "00:00:00+00", "24:00:00-15:59:59", "12:34:56.789012+05:30"),
                TypeCase.of(
                        "timestamp",
                        "infinity",
                        "-infinity",
                        "0044-03-15 12:00:00 BC",
                        "294276-12-31 23:59:59.999999",
                        "2024-02-29 00:00:00"),
                TypeCase.of(
                        "timestamptz",
                        "infinity",
                        "-infinity",
                        "4714-11-24 00:00:00+00 BC",
                        "294276-12-31 23:59:59.999999+00",
                        "2024-03-31 01:59:59.5+00"),
                TypeCase.of(
                        "interval",
                        "-1 years -2 mons +3 days -04:05:06.789",
                        "00:00:00",
                        "178000000 years",
                        "-1 days +02:03:04"),
                TypeCase.of("uuid", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
                TypeCase.of("json", "{\"b\": 1,  \"a\": [1.0, null], \"b\": 2}", "null", "\"\""),
                TypeCase.of("jsonb", "{\"a\": [1.10, null, \"\\\\ \\\"\"]}", "null", "[]"),
                TypeCase.of("xml", "<a>b&amp;c</a>", "text only"),
                TypeCase.of("inet", "10.0.0.1", "10.0.0.1/8", "::1/128", "fe80::1/64"),
                TypeCase.of("cidr", "10.0.0.0/8", "::/0"),
                TypeCase.of("macaddr", "08:00:2b:01:02:03"),
                TypeCase.of("bit(3)", "101", "000"),
                TypeCase.of("bit varying(9)", "", "101010101"),
                TypeCase.of("tsvector", "'a':1A,3 'it''s':2", ""),
                TypeCase.of("tsquery", "'a' & !( 'b' | 'c':AB )"),
                TypeCase.of("pg_lsn", "0/0", "FFFFFFFF/FFFFFFFF"),
                TypeCase.of("point", "(1.5,-2)", "(NaN,Infinity)"),
                TypeCase.of("box", "(3,4),(1,2)"),
                TypeCase.of("polygon", "((0,0),(1,1),(1,0))"),
                TypeCase.of("circle", "<(1,2),3>"),
                TypeCase.of("int4range", "empty", "[1,10)", "(,)"),
                TypeCase.of("tstzrange", "[\"2024-01-01 00:00:00+00\",infinity)", "empty"),
                TypeCase.of("nummultirange", "{}", "{[1.5,2],(3,)}"),
                TypeCase.of("integer[]", "{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[-1:0]={7,8}"),
                TypeCase.of("text[]", "{}", "{a,\"b c\",NULL,\"NULL\",\"\\\"\\\\\",\"{,}\",\"\"}"),
                TypeCase.of("varchar(3)[]", "{abc,a}"),
                TypeCase.of("numeric[]", "{1.10,NaN}"),
                TypeCase.of("timestamptz[]", "{infinity,\"2024-01-01 00:00:00+00\"}"),
                TypeCase.of("bytea[]", "{\"\\\\x00ff\"}"),
                TypeCase.of("jsonb[]", "{\"{\\\"a\\\": \\\"b c\\\"}\"}"),
                TypeCase.of("box[]", "{(3,4),(1,2);(1,1),(0,0)}"),
                TypeCase.of("mood", "sad", "it's \"ok\""),
                TypeCase.of("mood[]", "{sad,\"it's \\\"ok\\\"\"}"),
                TypeCase.of("address", "(\"1, Main \"\"St\"\"\",\"{1,2}\")", "(,)"),
                TypeCase.of("address[]", "{\"(a,\\\"{1}\\\")\",\"(,)\"}"),
                TypeCase.of("short_text", "abc", ""),
                TypeCase.of("amounts", "{1.10,2}", "{}"),
                TypeCase.of("\"Odd \"\"Type\"", "x"));
    }

    @BeforeAll
    void createTypes() throws Exception {
        target.execute(
                "CREATE TYPE mood AS ENUM ('sad', 'it''s \"ok\"')",
                "CREATE TYPE address AS (street text, numbers int[])",
                "CREATE DOMAIN short_text AS varchar(3) CHECK (value <> 'bad')",
                "CREATE DOMAIN amounts AS numeric[]",
                "CREATE TYPE \"Odd \"\"Type\" AS ENUM ('x')");
    }

    @ParameterizedTest
    @MethodSource("types")
    void distributedTable_hasEveryValueAsTheSource(TypeCase type) throws Exception {
        everyStatement(TableKind.DISTRIBUTED, type);
    }

    @ParameterizedTest
    @MethodSource("types")
    void referenceTable_hasEveryValueAsTheSource(TypeCase type) throws Exception {
        everyStatement(TableKind.REFERENCE, type);
    }

    private void everyStatement(TableKind kind, TypeCase type) throws Exception {
        List<String> values = asSent(type);
        int count = values.size();
        String t = table(
                kind,
                "tenant int, id int, v %s, toast text DEFAULT 'kept', PRIMARY KEY (tenant, id)".formatted(type.type()));

        Changes inserts = Changes.of(t, "tenant,id", "tenant,id,v");
        IntStream.range(0, count).forEach(i -> inserts.insert("1", "" + i, values.get(i)));
        apply(inserts);
        assertThat(shown(t)).as("inserted").isEqualTo(values);

        Changes updates = Changes.of(t, "tenant,id", "tenant,id,v");
        IntStream.range(0, count).forEach(i -> updates.update("1", "" + i, values.get((i + 1) % count)));
        apply(updates);
        List<String> rotated = new ArrayList<>(values);
        Collections.rotate(rotated, -1);
        assertThat(shown(t)).as("updated").isEqualTo(rotated);

        Changes moves = Changes.of(t, "tenant,id", "tenant,id,v,toast");
        IntStream.range(0, count)
                .forEach(i -> moves.rekey(
                        Changes.values("1", "" + i), "" + (2 + i), "" + i, Row.UNAVAILABLE, Row.UNAVAILABLE));
        apply(moves);
        assertThat(shown(t)).as("moved to other tenants").isEqualTo(rotated);
        assertThat(target.value("SELECT count(*) FROM %s WHERE toast = 'kept'".formatted(t)))
                .isEqualTo(String.valueOf(count));
    }

    @ParameterizedTest
    @MethodSource("types")
    void keylessTable_losesEveryValue(TypeCase type) throws Exception {
        List<String> values = asSent(type);
        String t = table(TableKind.DISTRIBUTED, "tenant int, v %s".formatted(type.type()));
        Changes inserts = Changes.of(t, "", "tenant,v");
        values.forEach(value -> inserts.insert("1", value));
        apply(inserts);
        Changes deletes = Changes.of(t, "", "tenant,v");
        values.forEach(value -> deletes.deleteKeyless("1", value));
        apply(deletes);
        assertThat(target.value("SELECT count(*) FROM " + t)).isEqualTo("0");
    }

    /** What the source's output function makes of the values. */
    private List<String> asSent(TypeCase type) throws Exception {
        String list = type.values().stream()
                .map(value -> value == null ? "NULL" : "'" + value.replace("'", "''") + "'")
                .map(literal -> "(" + literal + "::" + type.type() + ")")
                .collect(Collectors.joining(", "));
        return target.rows("SELECT format('%s', v), v IS NULL FROM (VALUES " + list + ") AS l(v)").stream()
                .map(row -> row.get(1).equals("t") ? null : row.get(0))
                .toList();
    }

    private List<String> shown(String table) throws Exception {
        return target
                .rows("SELECT format('%s', v), coalesce(format('%s', v), '') = '' AND v::text IS NULL FROM " + table
                        + " ORDER BY id")
                .stream()
                .map(row -> row.get(1).equals("t") ? null : row.get(0))
                .toList();
    }
}
