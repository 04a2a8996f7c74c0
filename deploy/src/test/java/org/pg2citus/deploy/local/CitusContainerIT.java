package org.pg2citus.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class CitusContainerIT {

    @Test
    void service_onTheTestClassPath_isFound() {
        assertThat(providers()).extracting(CitusProvider::place).containsExactly("Docker (citusdata/citus:13.2)");
    }

    @Test
    void createDatabase_inTheContainer_hasShardsOnTheCoordinator() throws Exception {
        CitusProvider container = providers().get(0);
        Optional<String> url = container.start();
        if (url.isEmpty()) {
            System.out.println("SKIPPED, no answer from " + container.place());
            Assumptions.abort("no answer from " + container.place());
        }
        try (CitusDatabase database = CitusUrl.parse(url.get()).nodes().createDatabase("shop");
                Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE orders (company_id bigint, id bigint, PRIMARY KEY (company_id, id))");
            statement.execute("SELECT create_distributed_table('orders', 'company_id')");
            statement.execute("INSERT INTO orders SELECT i % 50, i FROM generate_series(1, 500) AS i");
            try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM orders")) {
                rows.next();
                assertThat(rows.getInt(1)).isEqualTo(500);
            }
        }
    }

    private static List<CitusProvider> providers() {
        return ServiceLoader.load(CitusProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }
}
