package org.pg2citus.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CitusUrlTest {

    @Test
    void parse_complete_keepsUserPasswordAndParameters() {
        CitusUrl url = CitusUrl.parse("postgresql://ann:p%40ss@db.example:9700/app?sslmode=require");
        assertThat(url.database()).isEqualTo("app");
        assertThat(url.coordinator().jdbcUrl("other"))
                .isEqualTo("jdbc:postgresql://db.example:9700/other?user=ann&password=p%40ss&sslmode=require");
    }

    @Test
    void parse_jdbcWithoutPort_takesTheDefault() {
        CitusUrl url = CitusUrl.parse("jdbc:postgresql://localhost/app?user=postgres");
        assertThat(url.coordinator().jdbcUrl("app")).isEqualTo("jdbc:postgresql://localhost:5432/app?user=postgres");
    }

    @Test
    void parse_notAUrl_throwsWithoutThePassword() {
        assertThatThrownBy(() -> CitusUrl.parse("postgresql://ann:sec ret@db.example/app"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PG2CITUS_CITUS_URL")
                .hasMessageNotContaining("sec ret")
                .hasNoCause();
    }

    @Test
    void parse_noDatabase_throwsWithoutThePassword() {
        assertThatThrownBy(() -> CitusUrl.parse("postgresql://ann:secret@db.example:9700"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("PG2CITUS_CITUS_URL")
                .hasMessageNotContaining("secret");
    }
}
