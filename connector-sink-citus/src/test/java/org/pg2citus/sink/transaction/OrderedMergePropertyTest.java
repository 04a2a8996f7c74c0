package org.pg2citus.sink.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.pg2citus.sink.change.Lsn;
import org.pg2citus.sink.decode.Event;

/**
 * Whatever a source that is stopped at any point leaves in its topics, however their records arrive, and wherever the sink
 * starts again: every transaction comes out once, whole and in order.
 */
class OrderedMergePropertyTest {

    private static final int HISTORIES = 10_000;
    private static final String TX = "tx";
    private static final int MAX_QUEUED = 4;
    private static final int MAX_STEPS = 100_000;

    /** What the source sends, once. */
    private record Sent(String topic, Event event) {}

    private Random random = new Random();
    private final List<Sent> source = new ArrayList<>();
    private final List<List<Event>> transactions = new ArrayList<>();
    private final Map<String, List<Event>> topics = new TreeMap<>();

    @Test
    void anyDelivery_handsOutEachTransactionOnceWholeAndInOrder() {
        for (long seed = 1; seed <= HISTORIES; seed++) {
            try {
                run(new Random(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private void run(Random seeded) {
        random = seeded;
        source.clear();
        transactions.clear();
        topics.clear();
        makeSource();
        send();
        receive();
    }

    private void makeSource() {
        int tables = 1 + random.nextInt(4);
        long lsn = 0;
        // Ids are given in another order than that of the commits.
        long xid = 100L + random.nextInt(5);
        for (int t = random.nextInt(8); t >= 0; t--) {
            int events = random.nextInt(3) == 0 ? random.nextInt(12) : random.nextInt(4);
            if (transactions.isEmpty()) {
                // Its events name no commit before them: after a restart of the sink only their END tells them from new
                // ones, so that they must fit into a queue. Larger ones may end in TX011 until queue.max.events is
                // raised.
                events = Math.min(events, MAX_QUEUED - 1);
            }
            xid += random.nextInt(2) == 0 ? 7 : -3;
            lsn += 10;
            List<Event> transaction = new ArrayList<>(List.of(Events.begin(xid)));
            source.add(new Sent(TX, Events.begin(xid)));
            for (int order = 1; order <= events; order++) {
                Event event = Events.change(xid, order, xid + "/" + order);
                transaction.add(event);
                source.add(new Sent("t" + random.nextInt(tables), event));
            }
            Event end = Events.end(xid, lsn, events);
            transaction.add(end);
            source.add(new Sent(TX, end));
            transactions.add(transaction);
        }
        topics.put(TX, new ArrayList<>());
        for (int table = 0; table < tables; table++) {
            topics.put("t" + table, new ArrayList<>());
        }
    }

    /** Some runs that end anywhere, each topic having another part of what was sent; the last one sends all the rest. */
    private void send() {
        int from = 0;
        for (int runs = random.nextInt(4); runs > 0; runs--) {
            int confirmed = from + random.nextInt(source.size() - from + 1);
            int sent = confirmed + random.nextInt(source.size() - confirmed + 1);
            Map<String, Integer> reached = new HashMap<>();
            topics.keySet().forEach(topic -> reached.put(topic, confirmed + random.nextInt(sent - confirmed + 1)));
            for (int i = from; i < sent; i++) {
                if (i < reached.get(source.get(i).topic())) {
                    topics.get(source.get(i).topic()).add(source.get(i).event());
                }
            }
            // It goes on at what was confirmed, or before: inside of a transaction, too.
            from = confirmed - random.nextInt(Math.min(confirmed, 20) + 1);
        }
        source.subList(from, source.size())
                .forEach(sent -> topics.get(sent.topic()).add(sent.event()));
    }

    /** A source without stored offsets knows of no commit before its first transaction. */
    private Optional<Lsn> previousCommit(String topic, long position) {
        if (!(topics.get(topic).get((int) position) instanceof Event.InTransaction event)) {
            return Optional.empty();
        }
        for (int i = 1; i < transactions.size(); i++) {
            if (((Event.Begin) transactions.get(i).get(0)).xid() == event.xid()) {
                List<Event> before = transactions.get(i - 1);
                return Optional.of(((Event.End) before.get(before.size() - 1)).endLsn());
            }
        }
        return Optional.empty();
    }

    private void receive() {
        Map<String, Long> durable = new HashMap<>();
        Lsn applied = Lsn.ZERO;
        List<Event> handedOut = new ArrayList<>();
        List<List<Event>> whole = new ArrayList<>();
        OrderedMerge merge = new OrderedMerge(MAX_QUEUED, 1_000_000, applied);
        Map<String, Long> positions = new HashMap<>();
        for (int step = 0; ; step++) {
            if (step > MAX_STEPS) {
                throw new AssertionError("it does not come to an end; awaited is " + merge.awaited());
            }
            if (random.nextInt(60) == 0) {
                merge = new OrderedMerge(MAX_QUEUED, 1_000_000, applied);
                handedOut.clear();
                positions = new HashMap<>(durable);
            }
            List<String> readable = new ArrayList<>();
            for (String topic : topics.keySet()) {
                boolean isRead =
                        positions.getOrDefault(topic, 0L) >= topics.get(topic).size();
                if (!isRead && !merge.isFull(topic)) {
                    readable.add(topic);
                }
            }
            if (readable.isEmpty()) {
                break;
            }
            String topic = readable.get(random.nextInt(readable.size()));
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                long position = positions.getOrDefault(topic, 0L);
                if (position < topics.get(topic).size()) {
                    merge.offer(
                            topic, position, topics.get(topic).get((int) position), previousCommit(topic, position));
                    positions.put(topic, position + 1);
                }
            }
            Optional<OrderedMerge.Ordered> next = merge.next();
            while (next.isPresent()) {
                handedOut.add(next.get().event());
                if (next.get().event() instanceof Event.End end) {
                    whole.add(List.copyOf(handedOut));
                    handedOut.clear();
                    durable.putAll(merge.takeMoved());
                    applied = end.endLsn();
                }
                next = merge.next();
            }
        }
        assertThat(whole).isEqualTo(transactions);
    }
}
