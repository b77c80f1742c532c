// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

import dev.lockkeeper.testsupport.FullTier;
import dev.lockkeeper.testsupport.TestDatabase;
import dev.lockkeeper.testsupport.TestPostgres;
import io.github.mfvanek.pg.connection.PgConnection;
import io.github.mfvanek.pg.connection.PgConnectionImpl;
import io.github.mfvanek.pg.connection.host.PgHostImpl;
import io.github.mfvanek.pg.core.checks.common.DatabaseCheckOnHost;
import io.github.mfvanek.pg.core.checks.host.StandardChecksOnHost;
import io.github.mfvanek.pg.model.dbobject.DbObject;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.DriverManagerDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What pg-index-health, with which a user's tests check the schema, reports for the
 * tables of Lockkeeper.
 */
class PgIndexHealthIT {

	private final TestDatabase database = TestPostgres.shared().createDatabase();

	/**
	 * Rules of style, which Liquibase's own tables break as well; a user leaves the
	 * tables of Liquibase and of Lockkeeper out of them.
	 */
	private static final Set<String> STYLE = Set.of("COLUMNS_WITHOUT_DESCRIPTION", "COLUMNS_WITH_FIXED_LENGTH_VARCHAR",
			"COLUMNS_WITH_TIMESTAMP_OR_TIMETZ_TYPE", "PRIMARY_KEYS_THAT_MOST_LIKELY_NATURAL_KEYS",
			"PRIMARY_KEYS_WITH_VARCHAR", "TABLES_NOT_LINKED_TO_OTHERS", "TABLES_WITHOUT_DESCRIPTION");

	@Test
	@FullTier
	void itsChecksFindNoFaultWithOurTablesButThoseOfStyle() {
		Contexts.migrate(this.database);
		PgConnection connection = PgConnectionImpl.of(new DriverManagerDataSource(this.database.getUrl()),
				PgHostImpl.ofUrl(this.database.getUrl()));
		Set<String> ran = new TreeSet<>();
		Set<String> found = new TreeSet<>();
		for (DatabaseCheckOnHost<? extends DbObject> check : new StandardChecksOnHost().apply(connection)) {
			ran.add(check.getName());
			for (DbObject object : check.check()) {
				String text = object.toString().toLowerCase(Locale.ROOT);
				if (text.contains("lockkeeper") && !STYLE.contains(check.getName())) {
					found.add(check.getName() + ": " + object.getName());
				}
			}
		}
		assertThat(ran).containsAll(STYLE).contains("TABLES_WITHOUT_PRIMARY_KEY", "INVALID_INDEXES");
		assertThat(List.copyOf(found)).isEmpty();
	}

}
