package org.pg2citus.runner.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.pg2citus.sink.change.TableId;

/** Both sides' tables beside each other; complete only when nothing is written on either side. */
public record Comparison(List<Pair> tables) {

    public Comparison {
        tables = List.copyOf(tables);
    }

    /** One table on both sides; empty where it does not exist. */
    public record Pair(TableId table, Optional<TableDigest> source, Optional<TableDigest> target) {

        public boolean equal() {
            return source.isPresent() && source.equals(target);
        }
    }

    static Comparison of(Connection source, Connection target) throws SQLException {
        Map<TableId, TableDigest> left = TableDigest.all(source);
        Map<TableId, TableDigest> right = TableDigest.all(target);
        Set<TableId> tables = new TreeSet<>(left.keySet());
        tables.addAll(right.keySet());
        List<Pair> pairs = new ArrayList<>();
        for (TableId table : tables) {
            pairs.add(new Pair(table, Optional.ofNullable(left.get(table)), Optional.ofNullable(right.get(table))));
        }
        return new Comparison(pairs);
    }

    public boolean equal() {
        return !tables.isEmpty() && tables.stream().allMatch(Pair::equal);
    }

    public long rows() {
        return tables.stream()
                .flatMap(pair -> pair.source().stream())
                .mapToLong(TableDigest::rows)
                .sum();
    }
}
