package org.pg2citus.runner.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.pg2citus.runner.demo.Comparison;
import org.pg2citus.runner.demo.DemoResult;
import org.pg2citus.runner.demo.LoadKind;
import org.pg2citus.runner.demo.TableDigest;

/** Says what the demo has proven, on which kind of target, and what it has not. */
final class DemoReport {

    private static final ObjectMapper JSON = new ObjectMapper();

    private DemoReport() {}

    static String text(DemoResult result) {
        StringBuilder text = new StringBuilder();
        text.append("%n%s%n%n"
                .formatted(
                        result.proven()
                                ? "PROVEN in %s: a database under load was migrated, and both sides are equal."
                                        .formatted(Amounts.time(result.took()))
                                : "NOT PROVEN: see below."));
        text.append("  source    %s%n  target    %s%n".formatted(result.source(), result.target()));
        text.append("  copied    %s rows in %s, while the application wrote%n"
                .formatted(Amounts.count(result.copiedRows()), Amounts.time(result.copyTook())));
        text.append("  streamed  %s transactions with %s row changes; lag %s%n"
                .formatted(
                        Amounts.count(result.streamedTransactions()),
                        Amounts.count(result.streamedRows()),
                        lag(result.lagMs())));
        text.append(tables(result));
        text.append("%nWhat the application did: %s transactions with %s row changes%n"
                .formatted(
                        Amounts.count(result.load().allTransactions()),
                        Amounts.count(result.load().changedRows())));
        for (LoadKind kind : LoadKind.values()) {
            text.append("  %8s  %s%n"
                    .formatted(Amounts.count(result.load().transactions().getOrDefault(kind, 0L)), kind.label()));
        }
        text.append(proofs(result));
        return text.toString();
    }

    private static String tables(DemoResult result) {
        StringBuilder text = new StringBuilder(
                "%n  %-13s %-12s %10s  %-32s %s%n".formatted("table", "on target", "rows", "hash of all rows", ""));
        for (Comparison.Pair pair : result.comparison().tables()) {
            text.append("  %-13s %-12s %10s  %s %s%n"
                    .formatted(
                            pair.table().name(),
                            result.tableKinds().getOrDefault(pair.table().name(), "missing"),
                            rows(pair.source()),
                            pair.source().map(TableDigest::hash).orElse("-"),
                            pair.equal() ? "equal" : "DIFFERENT"));
            if (!pair.equal()) {
                text.append("  %-13s %-12s %10s  %s%n"
                        .formatted(
                                "",
                                "",
                                rows(pair.target()),
                                pair.target().map(TableDigest::hash).orElse("-")));
            }
        }
        return text.toString();
    }

    private static String proofs(DemoResult result) {
        StringBuilder text = new StringBuilder("%nWhat this shows%n".formatted());
        Comparison comparison = result.comparison();
        line(
                text,
                comparison.equal(),
                "%d tables, %s rows: number of rows and hash of every column are the same on both sides"
                        .formatted(comparison.tables().size(), Amounts.count(comparison.rows())));
        line(
                text,
                result.looks().looks() > 0 && result.looks().unbalanced() == 0,
                "transactions arrive whole: %s looks at a company's books in the target while changes streamed in, %s of"
                                .formatted(
                                        Amounts.count(result.looks().looks()),
                                        Amounts.count(result.looks().unbalanced()))
                        + " them saw half a transaction");
        line(
                text,
                result.books().balanced() && result.books().entries() > 0,
                "the target's books balance: %s entries, %d wrong accounts, %d wrong transfers"
                        .formatted(
                                Amounts.count(result.books().entries()),
                                result.books().wrongAccounts(),
                                result.books().wrongTransfers()));
        text.append("%nWhat it does not show%n".formatted());
        if (!result.citus()) {
            text.append("  - Citus: the target was plain PostgreSQL, for no Citus was at hand or wanted. Nothing was%n"
                    .formatted());
            text.append("    distributed. Name a cluster in PG2CITUS_CITUS_URL, or install PostgreSQL with Citus.%n"
                    .formatted());
        } else {
            text.append("  - a network between the servers, and their failures: they all run on this machine%n"
                    .formatted());
        }
        text.append("  - a large database: see the benchmarks for rates%n".formatted());
        return text.toString();
    }

    private static void line(StringBuilder text, boolean holds, String claim) {
        text.append("  %s %s%n".formatted(holds ? "ok  " : "FAIL", claim));
    }

    private static String rows(Optional<TableDigest> digest) {
        return digest.map(TableDigest::rows).map(Amounts::count).orElse("-");
    }

    private static String lag(List<Long> samplesMs) {
        if (samplesMs.isEmpty()) {
            return "not measured";
        }
        List<Long> sorted = samplesMs.stream().sorted().toList();
        return "median %s, worst %s of %d measurements"
                .formatted(
                        Amounts.time(Duration.ofMillis(sorted.get(sorted.size() / 2))),
                        Amounts.time(Duration.ofMillis(sorted.get(sorted.size() - 1))),
                        sorted.size());
    }

    static ObjectNode json(DemoResult result) {
        ObjectNode node = JSON.createObjectNode()
                .put("event", "demo")
                .put("proven", result.proven())
                .put("source", result.source())
                .put("target", result.target())
                .put("citus", result.citus())
                .put("copiedRows", result.copiedRows())
                .put("copyMs", result.copyTook().toMillis())
                .put("streamedTransactions", result.streamedTransactions())
                .put("streamedRows", result.streamedRows())
                .put("looks", result.looks().looks())
                .put("unbalancedLooks", result.looks().unbalanced())
                .put("wrongAccounts", result.books().wrongAccounts())
                .put("wrongTransfers", result.books().wrongTransfers())
                .put("ms", result.took().toMillis());
        ArrayNode tables = node.putArray("tables");
        for (Comparison.Pair pair : result.comparison().tables()) {
            tables.addObject()
                    .put("schema", pair.table().schema())
                    .put("table", pair.table().name())
                    .put("equal", pair.equal())
                    .put("sourceRows", pair.source().map(TableDigest::rows).orElse(null))
                    .put("targetRows", pair.target().map(TableDigest::rows).orElse(null));
        }
        return node;
    }
}
