package org.pg2citus.runner.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pg2citus.runner.verify.RowDifferences.Example;
import org.pg2citus.runner.verify.RowDifferences.Hashed;
import org.pg2citus.runner.verify.RowDifferences.Kind;

class RowDifferencesTest {

    private static RowDifferences between(List<Hashed> source, List<Hashed> target) {
        return RowDifferences.between(sorted(source).iterator(), sorted(target).iterator(), 3);
    }

    private static List<Hashed> sorted(List<Hashed> rows) {
        return rows.stream()
                .sorted(Comparator.comparing(Hashed::keyHash).thenComparing(Hashed::hash))
                .toList();
    }

    private static Hashed row(int key, int value) {
        return new Hashed("k%03d".formatted(key), "k%03d-%03d".formatted(key, value), "(%d)".formatted(key));
    }

    @Test
    void sameRows_differInNothing() {
        assertThat(between(List.of(row(1, 1), row(2, 2)), List.of(row(2, 2), row(1, 1))))
                .isEqualTo(RowDifferences.NONE);
    }

    @Test
    void nothingOnOneSide_isMissingOrExtra() {
        assertThat(between(List.of(row(1, 1)), List.of()).missing()).isEqualTo(1);
        assertThat(between(List.of(), List.of(row(1, 1))).extra()).isEqualTo(1);
    }

    @Test
    void eachKind_isToldWithItsKey() {
        RowDifferences found = between(
                List.of(row(1, 1), row(2, 2), row(3, 3), row(4, 4)),
                List.of(row(1, 1), row(2, 9), row(4, 4), row(5, 5)));

        assertThat(found.examples())
                .containsExactly(
                        new Example(Kind.CHANGED, "(2)"),
                        new Example(Kind.MISSING, "(3)"),
                        new Example(Kind.EXTRA, "(5)"));
    }

    @Test
    void doubledRow_isExtra() {
        RowDifferences found = between(List.of(row(1, 1), row(2, 2)), List.of(row(1, 1), row(1, 1), row(2, 2)));

        assertThat(found.extra()).isEqualTo(1);
        assertThat(found.missing() + found.changed()).isZero();
    }

    @Test
    void manyDifferences_areCountedBeyondTheExamples() {
        List<Hashed> source = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            source.add(row(i, 0));
        }

        assertThat(between(source, List.of()).missing()).isEqualTo(100);
        assertThat(between(source, List.of()).examples()).hasSize(3);
    }

    @Test
    void anyTwoKeyedTables_areToldApartExactly() {
        Random random = new Random(7);
        for (int history = 0; history < 5_000; history++) {
            Map<Integer, Integer> source = table(random);
            Map<Integer, Integer> target = new HashMap<>(source);
            table(random).forEach((key, value) -> {
                if (random.nextBoolean()) {
                    target.put(key, value);
                } else {
                    target.remove(key);
                }
            });
            long missing = source.keySet().stream()
                    .filter(key -> !target.containsKey(key))
                    .count();
            long extra = target.keySet().stream()
                    .filter(key -> !source.containsKey(key))
                    .count();
            long changed = source.keySet().stream()
                    .filter(key -> target.containsKey(key) && !target.get(key).equals(source.get(key)))
                    .count();

            RowDifferences found = between(rows(source), rows(target));

            assertThat(List.of(found.missing(), found.extra(), found.changed()))
                    .isEqualTo(List.of(missing, extra, changed));
        }
    }

    /** A table without a key has all columns as its key: what matters is how often each row is there. */
    @Test
    void anyTwoKeylessTables_areToldApartByHowOftenRowsCome() {
        Random random = new Random(8);
        for (int history = 0; history < 5_000; history++) {
            int[] source = new int[5];
            int[] target = new int[5];
            List<Hashed> left = new ArrayList<>();
            List<Hashed> right = new ArrayList<>();
            long missing = 0;
            long extra = 0;
            for (int row = 0; row < 5; row++) {
                source[row] = random.nextInt(4);
                target[row] = random.nextInt(4);
                for (int i = 0; i < source[row]; i++) {
                    left.add(row(row, row));
                }
                for (int i = 0; i < target[row]; i++) {
                    right.add(row(row, row));
                }
                missing += Math.max(0, source[row] - target[row]);
                extra += Math.max(0, target[row] - source[row]);
            }

            RowDifferences found = between(left, right);

            assertThat(List.of(found.missing(), found.extra(), found.changed())).isEqualTo(List.of(missing, extra, 0L));
        }
    }

    private static List<Hashed> rows(Map<Integer, Integer> table) {
        return table.entrySet().stream()
                .map(entry -> row(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static Map<Integer, Integer> table(Random random) {
        Map<Integer, Integer> table = new HashMap<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            table.put(random.nextInt(10), random.nextInt(3));
        }
        return table;
    }
}
