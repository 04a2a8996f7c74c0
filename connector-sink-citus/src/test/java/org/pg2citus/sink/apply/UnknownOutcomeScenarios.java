package org.pg2citus.sink.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pg2citus.sink.catalog.TableKind;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.failure.RetryLaterException;
import org.pg2citus.sink.progress.Progress;

/** The connection is lost around a commit: the batch must be there once, whatever became of the commit. */
abstract class UnknownOutcomeScenarios extends ApplyScenarios {

    private TargetWriter openThrough(CuttingProxy proxy, int maxAttempts) {
        TargetSettings direct = target.settings();
        TargetSettings through = new TargetSettings(
                // Without prepared statements every COMMIT goes out as text, where the proxy sees it.
                direct.url()
                        .replaceFirst("//[^/]*/([^?]*)[?]?", "//127.0.0.1:" + proxy.port() + "/$1?prepareThreshold=0&"),
                direct.user(),
                direct.password(),
                direct.synchronousCommit(),
                direct.lockTimeout(),
                direct.statementTimeout(),
                maxAttempts,
                direct.firstBackoff(),
                direct.maxBackoff(),
                direct.inDoubtTimeout(),
                true);
        return TargetWriter.open(through, TestTarget.unique("cut"), "topic", 0);
    }

    private CuttingProxy proxy() throws Exception {
        URI uri = URI.create(target.url().substring("jdbc:".length()));
        return new CuttingProxy(uri.getHost(), uri.getPort());
    }

    /** Without a key a second time would go unnoticed by the target. */
    private Changes rows(String table, int id) {
        Changes rows = Changes.of(table, "", "tenant,id");
        for (int tenant = 1; tenant <= 8; tenant++) {
            rows.insert("" + tenant, "" + id);
        }
        return rows;
    }

    @ParameterizedTest
    @EnumSource(CuttingProxy.Cut.class)
    void batch_isAppliedOnce(CuttingProxy.Cut cut) throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int");
        try (CuttingProxy proxy = proxy();
                TargetWriter mine = openThrough(proxy, 5)) {
            for (int id = 1; id <= 5; id++) {
                proxy.arm(cut);
                mine.apply(List.of(rows(t, id).delta()), mine.progress().after(new Lsn(id), id, 8, 1));
                assertThat(target.rows("SELECT count(*), count(DISTINCT (tenant, id)) FROM " + t))
                        .containsExactly(List.of("" + id * 8, "" + id * 8));
            }
            assertThat(proxy.cuts()).isEqualTo(5);
            assertThat(mine.metrics().reconnects()).isEqualTo(5);
            if (cut == CuttingProxy.Cut.AFTER_COMMIT) {
                assertThat(mine.metrics().unknownOutcomes()).isEqualTo(5);
            }
            assertThat(mine.refresh().rowsApplied()).isEqualTo(40);
        }
    }

    @ParameterizedTest
    @EnumSource(CuttingProxy.Cut.class)
    void callAgainAfterTheAttemptsAreSpent_appliesOnce(CuttingProxy.Cut cut) throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int");
        try (CuttingProxy proxy = proxy();
                TargetWriter mine = openThrough(proxy, 1)) {
            Progress next = mine.progress().after(new Lsn(1), 1, 8, 1);
            proxy.arm(cut);
            assertThatThrownBy(() -> mine.apply(List.of(rows(t, 1).delta()), next))
                    .isInstanceOf(RetryLaterException.class);
            mine.apply(List.of(rows(t, 1).delta()), next);
            assertThat(target.value("SELECT count(*) FROM " + t)).isEqualTo("8");
            // Or the caller looks first, and goes on from there.
            proxy.arm(cut);
            Progress second = next.after(new Lsn(2), 2, 8, 1);
            assertThatThrownBy(() -> mine.apply(List.of(rows(t, 2).delta()), second))
                    .isInstanceOf(RetryLaterException.class);
            Progress durable = mine.refresh();
            assertThat(durable.appliedLsn())
                    .isEqualTo(new Lsn(Integer.parseInt(target.value("SELECT count(DISTINCT id) FROM " + t))));
            mine.apply(List.of(rows(t, 3).delta()), durable.after(new Lsn(3), 3, 8, 1));
            assertThat(target.value("SELECT count(*) = count(DISTINCT (tenant, id)) FROM " + t))
                    .isEqualTo("t");
        }
    }

    @ParameterizedTest
    @EnumSource(CuttingProxy.Cut.class)
    void callerThatGoesOnFromTooEarly_isToldSo(CuttingProxy.Cut cut) throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int");
        try (CuttingProxy proxy = proxy();
                TargetWriter mine = openThrough(proxy, 1)) {
            proxy.arm(cut);
            Progress start = mine.progress();
            assertThatThrownBy(() -> mine.apply(List.of(rows(t, 1).delta()), start.after(new Lsn(1), 1, 8, 1)))
                    .isInstanceOf(RetryLaterException.class);
            // It reads the same transaction again, and has the next one in the same batch this time.
            Changes both = rows(t, 1);
            for (int tenant = 1; tenant <= 8; tenant++) {
                both.insert("" + tenant, "2");
            }
            mine.reloadCopyLedger();
            Progress after = mine.progress().after(new Lsn(2), 2, 16, 2);
            boolean isToldSo = false;
            try {
                mine.apply(List.of(both.delta()), after);
            } catch (RetryLaterException e) {
                isToldSo = true;
                assertThat(mine.progress().appliedLsn()).isEqualTo(new Lsn(1));
                mine.begin();
                mine.write(List.of(rows(t, 2).delta()));
                mine.commit(mine.progress().after(new Lsn(2), 2, 8, 1));
            }
            if (cut != CuttingProxy.Cut.DURING_COMMIT) {
                assertThat(isToldSo).isEqualTo(cut == CuttingProxy.Cut.AFTER_COMMIT);
            }
            assertThat(target.rows("SELECT count(*), count(DISTINCT (tenant, id)) FROM " + t))
                    .containsExactly(List.of("16", "16"));
            assertThat(mine.progress().appliedLsn()).isEqualTo(new Lsn(2));
        }
    }

    @ParameterizedTest
    @EnumSource(CuttingProxy.Cut.class)
    void streamedTransaction_isAppliedOnce(CuttingProxy.Cut cut) throws Exception {
        String t = table(TableKind.DISTRIBUTED, "tenant int, id int");
        try (CuttingProxy proxy = proxy();
                TargetWriter mine = openThrough(proxy, 5)) {
            for (int id = 1; id <= 3; id++) {
                proxy.arm(cut);
                Progress next = mine.progress().after(new Lsn(id), id, 8, 1);
                boolean isCommitted = false;
                for (int attempt = 0; attempt < 3 && !isCommitted; attempt++) {
                    mine.begin();
                    mine.write(List.of(rows(t, id).delta()));
                    try {
                        mine.commit(next);
                        isCommitted = true;
                    } catch (RetryLaterException e) {
                        assertThat(cut).isNotEqualTo(CuttingProxy.Cut.AFTER_COMMIT);
                    }
                }
                assertThat(target.value("SELECT count(*) FROM " + t)).isEqualTo("" + id * 8);
            }
            assertThat(proxy.cuts()).isEqualTo(3);
        }
    }
}
