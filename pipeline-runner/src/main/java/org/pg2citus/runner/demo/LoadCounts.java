package org.pg2citus.runner.demo;

import java.util.EnumMap;
import java.util.Map;

/**
 * What the write load has done.
 *
 * @param transactions by kind, those included that were rolled back on purpose
 * @param changedRows rows inserted, updated and deleted by committed transactions
 * @param retries transactions that PostgreSQL ended as victims of a deadlock, and that were run again
 */
public record LoadCounts(Map<LoadKind, Long> transactions, long changedRows, long retries) {

    public LoadCounts {
        transactions = Map.copyOf(transactions);
    }

    static LoadCounts none() {
        return new LoadCounts(Map.of(), 0, 0);
    }

    LoadCounts plus(LoadCounts other) {
        Map<LoadKind, Long> sum = new EnumMap<>(LoadKind.class);
        sum.putAll(transactions);
        other.transactions.forEach((kind, count) -> sum.merge(kind, count, Long::sum));
        return new LoadCounts(sum, changedRows + other.changedRows, retries + other.retries);
    }

    public long allTransactions() {
        return transactions.values().stream().mapToLong(Long::longValue).sum();
    }
}
