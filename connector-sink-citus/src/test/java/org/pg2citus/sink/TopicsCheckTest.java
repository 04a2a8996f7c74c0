package org.pg2citus.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopicsCheckTest {

    @Test
    void check_ofOneOrderedTopic_findsNothing() {
        assertThat(check("topics", "stream")).isEmpty();
    }

    @Test
    void check_ofSeveralTopicsInOrder_refuses() {
        assertThat(check("topics", "a,b")).containsExactly("topics");
        assertThat(check("topics.regex", "app.*")).containsExactly("topics.regex");
        assertThat(check("topics", "a", "transaction.topic", "a")).containsExactly("transaction.topic");
    }

    @Test
    void check_ofATopicPerTable_wantsTheTransactionsAmongThem() {
        assertThat(perTable("topics", "app.t, app.transaction", "transaction.topic", "app.transaction"))
                .isEmpty();
        assertThat(perTable("topics.regex", "app[.].*", "transaction.topic", "app.transaction"))
                .isEmpty();
        assertThat(perTable("topics", "app.t,app.u")).containsExactly("transaction.topic");
        assertThat(perTable("topics", "app.t,app.u", "transaction.topic", "app.transaction"))
                .containsExactly("transaction.topic");
        assertThat(perTable("topics.regex", "app[.]public.*", "transaction.topic", "app.transaction"))
                .containsExactly("transaction.topic");
        assertThat(perTable("topics.regex", "app[", "transaction.topic", "app.transaction"))
                .containsExactly("transaction.topic");
    }

    @Test
    void check_ofOneTopicPerTable_refuses() {
        assertThat(perTable("topics", "stream", "transaction.topic", "stream")).containsExactly("topics");
    }

    private static List<String> perTable(String... settings) {
        Map<String, String> all = new HashMap<>(map(settings));
        all.put("topic.layout", "per-table");
        return problems(all);
    }

    private static List<String> check(String... settings) {
        return problems(map(settings));
    }

    private static List<String> problems(Map<String, String> settings) {
        return TopicsCheck.of(settings).stream().map(Problem::setting).toList();
    }

    private static Map<String, String> map(String... settings) {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        return map;
    }
}
