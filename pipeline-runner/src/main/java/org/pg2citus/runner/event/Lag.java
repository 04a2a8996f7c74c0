package org.pg2citus.runner.event;

import java.util.Optional;
import org.pg2citus.sink.change.Lsn;

/**
 * How far the target is behind the source.
 *
 * @param sourceLsn where the source writes
 * @param appliedLsn everything committed before it is in the target
 * @param lagBytes WAL bytes between the two
 * @param lagMs how long ago the source was where the target is now; empty until that is known
 * @param retainedWalBytes WAL that the source keeps for the slot
 * @param transactionsPerSecond source transactions applied, since the last measurement
 * @param rowsPerSecond row changes applied, since the last measurement
 */
public record Lag(
        Lsn sourceLsn,
        Lsn appliedLsn,
        long lagBytes,
        Optional<Long> lagMs,
        long retainedWalBytes,
        double transactionsPerSecond,
        double rowsPerSecond) {}
