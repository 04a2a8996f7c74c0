package org.pg2citus.runner.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LibpqUriTest {

    @Test
    void fullUri_isReadWithEscapes() {
        ServerAddress server =
                LibpqUri.parse("postgresql://ap%40p:se%3Acret@db.example:6432/my%20shop?sslmode=require", "os");

        assertThat(server.host()).isEqualTo("db.example");
        assertThat(server.port()).isEqualTo(6432);
        assertThat(server.user()).isEqualTo("ap@p");
        assertThat(server.password()).contains(new Secret("se:cret"));
        assertThat(server.database()).isEqualTo("my shop");
        assertThat(server.jdbcUrl()).isEqualTo("jdbc:postgresql://db.example:6432/my%20shop?sslmode=require");
    }

    @Test
    void missingParts_areWhatLibpqTakes() {
        assertThat(LibpqUri.parse("postgres://", "os"))
                .isEqualTo(new ServerAddress("localhost", 5432, "os", "os", Optional.empty(), Map.of()));
        assertThat(LibpqUri.parse("postgresql://app@db", "os").database()).isEqualTo("app");
    }

    @Test
    void partsAsParameters_areTaken() {
        ServerAddress server = LibpqUri.parse("postgresql:///shop?host=db&port=1234&user=a&password=p+w", "os");

        assertThat(server.toString()).isEqualTo("a@db:1234/shop");
        assertThat(server.password()).contains(new Secret("p+w"));
        assertThat(server.parameters()).isEmpty();
    }

    @Test
    void ipv6Address_keepsItsBrackets() {
        ServerAddress server = LibpqUri.parse("postgresql://u@[::1]:5433/d", "os");

        assertThat(server.host()).isEqualTo("::1");
        assertThat(server.jdbcUrl()).isEqualTo("jdbc:postgresql://[::1]:5433/d");
    }

    @Test
    void whatIsNotSupported_isRefusedWithoutThePassword() {
        for (String uri : new String[] {
            "host=db password=hush",
            "mysql://u:hush@h/d",
            "postgresql://u:hush@a,b/d",
            "postgresql://u:hush@h:port/d",
            "postgresql://u:hush@h:70000/d",
            "postgresql://u:hush@/d?host=/var/run/postgresql",
            "postgresql://u:hush@h/d?sslmod=require",
            "postgresql://u:hush@h/d?sslmode=yes",
            "postgresql://u:hush@h/d%2",
            "postgresql://u:hush@[::1/d"
        }) {
            assertThatThrownBy(() -> LibpqUri.parse(uri, "os"))
                    .as(uri)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("hush");
        }
    }

    @Test
    void unknownParameter_namesTheNearest() {
        assertThatThrownBy(() -> LibpqUri.parse("postgresql://h/d?sslmod=require", "os"))
                .hasMessageContaining("did you mean sslmode?");
    }

    @Test
    void printedAddress_hasNoPassword() {
        assertThat(LibpqUri.parse("postgresql://u:hush@h/d", "os").toString()).isEqualTo("u@h:5432/d");
        assertThat(new Secret("hush")).hasToString("****");
    }
}
