package org.pg2citus.runner.demo;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/**
 * The application's transactions. Every one keeps the books: each transfer has two entries that cancel out, and an
 * account's balance is its opening plus its entries.
 */
final class ApplicationWrites {

    private static final int ACCOUNTS = 3;
    private static final int COUNTRIES = 100;
    private static final int SETTINGS = 50;

    private static final String BODY =
            "(SELECT string_agg(md5(? || '/' || part), '') FROM generate_series(1, 160) AS part)";

    private final Session session;
    private final Random random;
    private final int companies;

    ApplicationWrites(Session session, Random random, int companies) {
        this.session = session;
        this.random = random;
        this.companies = companies;
    }

    /** Runs the statements of one transaction; the caller commits. */
    void write(LoadKind kind) throws SQLException {
        switch (kind) {
            case CLICKS -> clicks();
            case TRANSFER -> transfer();
            case TRANSFER_INSIDE -> transferInside();
            case EDIT_AD -> editAd();
            case REWRITE_AD -> rewriteAd();
            case NEW_CAMPAIGN -> newCampaign();
            case DELETE_AD -> deleteAd();
            case MOVE_CAMPAIGN -> moveCampaign();
            case RENAME_COUPON -> renameCoupon();
            case SWAP_COUPONS -> swapCoupons();
            case SAMPLE -> sample();
            case EDIT_COUNTRY -> editCountry();
            case EDIT_SETTING -> editSetting();
            case IMPORT -> importLines();
            case LARGE -> repriceClicks();
            case UNDONE_IN_PART -> undoneInPart();
            case UNDONE -> undone();
        }
    }

    private void clicks() throws SQLException {
        Optional<Long> ad = anAd();
        if (ad.isEmpty()) {
            return;
        }
        BigDecimal cost = BigDecimal.valueOf(1 + random.nextInt(99_999), 6);
        int clicks = 1 + random.nextInt(5);
        // Parents before children: every transaction locks in this order.
        session.change(
                "UPDATE campaigns SET spent = spent + ? WHERE id = (SELECT campaign_id FROM ads WHERE id = ?)",
                cost.multiply(BigDecimal.valueOf(clicks)),
                ad.get());
        session.change("UPDATE ads SET clicks = clicks + ? WHERE id = ?", clicks, ad.get());
        session.change(
                "INSERT INTO clicks (company_id, ad_id, clicked_at, visitor, session, cost, agent)"
                        + " SELECT company_id, id, clock_timestamp(), '10.1.2.3', gen_random_uuid(), ?, 'Browser/1.0'"
                        + " FROM ads, generate_series(1, ?) WHERE id = ?",
                cost,
                clicks,
                ad.get());
    }

    private void transfer() throws SQLException {
        long from = aCompany();
        move(from, anAccount(), 1 + from % companies, anAccount());
    }

    private void transferInside() throws SQLException {
        long company = aCompany();
        int account = anAccount();
        move(company, account, company, 1 + account % ACCOUNTS);
    }

    private void move(long fromCompany, int from, long toCompany, int to) throws SQLException {
        BigDecimal amount = BigDecimal.valueOf(1 + random.nextInt(10_000), 2);
        UUID transfer = new UUID(random.nextLong(), random.nextLong());
        boolean inOrder = fromCompany < toCompany || (fromCompany == toCompany && from < to);
        // In the order of the accounts, so that two transfers cannot wait for each other.
        if (inOrder) {
            book(fromCompany, from, transfer, amount.negate());
            book(toCompany, to, transfer, amount);
        } else {
            book(toCompany, to, transfer, amount);
            book(fromCompany, from, transfer, amount.negate());
        }
    }

    private void book(long company, int account, UUID transfer, BigDecimal amount) throws SQLException {
        session.change(
                "UPDATE accounts SET balance = balance + ? WHERE company_id = ? AND number = ?",
                amount,
                company,
                account);
        session.change(
                "INSERT INTO entries (company_id, number, transfer, amount) VALUES (?, ?, ?, ?)",
                company,
                account,
                transfer,
                amount);
    }

    private void editAd() throws SQLException {
        session.change(
                "UPDATE ads SET title = ?, weight = weight * 1.01, updated_at = clock_timestamp() WHERE id = ?",
                "Edited " + random.nextInt(),
                anAd().orElse(0L));
    }

    private void rewriteAd() throws SQLException {
        session.change(
                "UPDATE ads SET body = " + BODY + ", image = NULL WHERE id = ?",
                Integer.toString(random.nextInt()),
                anAd().orElse(0L));
    }

    private void newCampaign() throws SQLException {
        long company = aCompany();
        Optional<Long> campaign = session.find(
                Long.class,
                "INSERT INTO campaigns (company_id, name, active, budget, runs, tags)"
                        + " VALUES (?, 'New', true, 500, '[2026-11-01,2026-12-01)', '{new}') RETURNING id",
                company);
        session.change(
                "INSERT INTO ads (company_id, campaign_id, title, body, weight, updated_at)"
                        + " SELECT ?, ?, 'New ' || i, CASE WHEN i = 1 THEN " + BODY
                        + " ELSE 'short' END, i, clock_timestamp()"
                        + " FROM generate_series(1, 3) AS i",
                company,
                campaign.orElseThrow(),
                Integer.toString(random.nextInt()));
    }

    private void deleteAd() throws SQLException {
        session.change("DELETE FROM ads WHERE id = ?", anAd().orElse(0L));
    }

    private void moveCampaign() throws SQLException {
        long from = aCompany();
        long to = 1 + from % companies;
        Optional<Long> campaign = session.find(
                Long.class,
                "SELECT id FROM campaigns WHERE company_id = ? ORDER BY id OFFSET ? LIMIT 1 FOR UPDATE",
                from,
                random.nextInt(5));
        if (campaign.isPresent()) {
            session.change("UPDATE campaigns SET company_id = ? WHERE id = ?", to, campaign.get());
            session.change("UPDATE ads SET company_id = ? WHERE campaign_id = ?", to, campaign.get());
        }
    }

    private void renameCoupon() throws SQLException {
        long company = lockCoupons();
        String newCode = "R-" + UUID.randomUUID().toString().substring(0, 13);
        rename(company, coupon(company, "ASC").orElse(""), newCode);
    }

    private void swapCoupons() throws SQLException {
        long company = lockCoupons();
        Optional<String> first = coupon(company, "ASC");
        Optional<String> last = coupon(company, "DESC");
        if (first.isPresent() && !first.equals(last)) {
            rename(company, first.get(), "between");
            rename(company, last.get(), first.get());
            rename(company, "between", last.get());
        }
    }

    /** One at a time changes the codes of a company: two that swap would meet each other's keys. */
    private long lockCoupons() throws SQLException {
        long company = aCompany();
        session.find(Long.class, "SELECT id FROM companies WHERE id = ? FOR NO KEY UPDATE", company);
        return company;
    }

    private Optional<String> coupon(long company, String order) throws SQLException {
        return session.find(
                String.class,
                "SELECT code FROM coupons WHERE company_id = ? ORDER BY code %s LIMIT 1".formatted(order),
                company);
    }

    private void rename(long company, String code, String newCode) throws SQLException {
        session.change("UPDATE coupons SET code = ? WHERE company_id = ? AND code = ?", newCode, company, code);
    }

    private void sample() throws SQLException {
        long company = aCompany();
        if (random.nextBoolean()) {
            session.change(
                    "INSERT INTO samples SELECT (s).* FROM (SELECT jsonb_populate_record(x, jsonb_build_object('id',"
                            + " nextval(pg_get_serial_sequence('samples', 'id')))) AS s FROM samples x"
                            + " WHERE x.id = ?) y",
                    1L + random.nextInt(3 * companies));
        } else {
            session.change(
                    "UPDATE samples SET whole = ?, dbl = random(), instant = clock_timestamp(),"
                            + " raw = decode(md5(random()::text), 'hex'), names = names || ?, doc = NULL"
                            + " WHERE company_id = ? AND id = (SELECT max(id) FROM samples WHERE company_id = ?)",
                    random.nextInt(),
                    "name " + random.nextInt(),
                    company,
                    company);
        }
    }

    private void editCountry() throws SQLException {
        int country = random.nextInt(COUNTRIES);
        session.change(
                "UPDATE countries SET vat = ?, updated_at = clock_timestamp() WHERE code = ?",
                BigDecimal.valueOf(random.nextInt(2500), 2),
                "" + (char) ('A' + country / 26) + (char) ('A' + country % 26));
    }

    private void editSetting() throws SQLException {
        session.change(
                "UPDATE app_settings SET value = value || jsonb_build_object('limit', ?::int) WHERE key = ?",
                random.nextInt(1000),
                "setting." + (1 + random.nextInt(SETTINGS)));
    }

    private void importLines() throws SQLException {
        if (random.nextInt(5) == 0) {
            session.change("TRUNCATE imports");
        }
        session.change(
                "INSERT INTO imports (company_id, line, payload)"
                        + " SELECT 1 + (? + i) % ?, i, json_build_object('line', i, 'text', 'x''y\"z')"
                        + " FROM generate_series(1, 100) AS i",
                random.nextInt(1000), companies);
    }

    private void repriceClicks() throws SQLException {
        long company = aCompany();
        session.change("UPDATE clicks SET cost = cost * 1.1 WHERE company_id BETWEEN ? AND ?", company, company + 2);
    }

    private void undoneInPart() throws SQLException {
        session.change("UPDATE companies SET name = name || '.' WHERE id = ?", aCompany());
        session.undone(() -> session.change("DELETE FROM coupons WHERE company_id = ?", aCompany()));
        editAd();
    }

    private void undone() throws SQLException {
        transfer();
        session.change("DELETE FROM samples WHERE company_id = ?", aCompany());
        session.rollback();
    }

    private long aCompany() {
        return 1L + random.nextInt(companies);
    }

    private int anAccount() {
        return 1 + random.nextInt(ACCOUNTS);
    }

    private Optional<Long> anAd() throws SQLException {
        return session.find(
                Long.class,
                "SELECT id FROM ads WHERE id >= ? ORDER BY id LIMIT 1",
                1L + random.nextInt(companies * 40));
    }
}
