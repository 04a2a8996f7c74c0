package org.pg2citus.sink.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import javax.management.MBeanServer;
import org.junit.jupiter.api.Test;

class SinkMetricsTest {

    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

    @Test
    void everyAttribute_hasItsRowInTheDocs_andNoOther() throws Exception {
        List<String> attributes = Arrays.stream(SinkMetricsMXBean.class.getMethods())
                .map(getter -> getter.getName().replaceFirst("^(get|is)", ""))
                .toList();
        List<String> documented = Pattern.compile("(?m)^\\| `(\\w+)`")
                .matcher(Files.readString(Path.of("..", "docs", "METRICS.md")))
                .results()
                .map(row -> row.group(1))
                .toList();
        assertThat(documented).containsExactlyInAnyOrderElementsOf(attributes);
    }

    @Test
    void objectName_quotesOnlyWhatNeedsIt() throws Exception {
        assertThat(SinkMetrics.objectName("shop_1.eu-x").toString())
                .isEqualTo("pg2citus.sink:type=connector-metrics,context=sink,server=shop_1.eu-x,task=0");
        assertThat(SinkMetrics.objectName("a,b=*").getKeyProperty("server")).isEqualTo("\"a,b=\\*\"");
        assertThat(SERVER.isRegistered(SinkMetrics.objectName("nobody"))).isFalse();
    }
}
