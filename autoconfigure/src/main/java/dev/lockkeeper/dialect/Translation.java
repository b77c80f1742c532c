// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.dialect;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Translates what H2, HSQLDB, MariaDB or MySQL report into the SQLSTATEs of PostgreSQL.
 * Their drivers report the error code of the database beside the state, and the two
 * together are one meaning: {@code 42501} with {@code -5501} is a missing object on
 * HSQLDB, {@code 42501} alone is a missing right on PostgreSQL, whose driver has no
 * codes.
 *
 * @since 0.1.0
 */
public final class Translation {

	private static final Map<String, String> STATES = states();

	private static final Map<String, String> STATES_OF_CODES = statesOfCodes();

	private Translation() {
	}

	/**
	 * Return what a failure means.
	 * @param failure the failure
	 * @return the SQLSTATE that PostgreSQL has for it; the one that the driver reports
	 * where no other is known
	 */
	public static @Nullable String toPostgreSql(SQLException failure) {
		String state = failure.getSQLState();
		if (state == null) {
			return null;
		}
		String meant = (failure.getErrorCode() != 0) ? STATES_OF_CODES.get(state + "/" + failure.getErrorCode()) : null;
		return (meant != null) ? meant : STATES.getOrDefault(state, state);
	}

	// States of ODBC, which mean the same on every database
	private static Map<String, String> states() {
		return Map.of("42S02", "42P01", "42S01", "42P07");
	}

	private static Map<String, String> statesOfCodes() {
		Map<String, String> states = new HashMap<>();
		states.putAll(h2());
		states.putAll(hsqldb());
		states.putAll(mySql());
		return Map.copyOf(states);
	}

	private static Map<String, String> h2() {
		return Map.ofEntries(Map.entry("42S03/42103", "42P01"), Map.entry("42S04/42104", "42P01"),
				Map.entry("90079/90079", "3F000"), Map.entry("90131/90131", "40001"), Map.entry("HYT00/50200", "55P03"),
				Map.entry("90067/90067", "08006"), Map.entry("90007/90007", "08003"), Map.entry("90098/90098", "57P01"),
				Map.entry("90121/90121", "57P01"),
				// The file belongs to another process
				Map.entry("90020/90020", "57P03"), Map.entry("90135/90135", "57P03"), Map.entry("90097/90097", "25006"),
				Map.entry("90096/90096", "42501"), Map.entry("90146/90146", "3D000"), Map.entry("90149/90149", "3D000"),
				Map.entry("28000/28000", "28P01"));
	}

	private static Map<String, String> hsqldb() {
		return Map.of("42501/-5501", "42P01", "42504/-5504", "42P07", "3F000/-4850", "3F000",
				// The file belongs to another process
				"S1000/-451", "57P03", "28000/-4000", "28P01", "28501/-4001", "28P01");
	}

	private static Map<String, String> mySql() {
		return Map.ofEntries(Map.entry("23000/1062", "23505"), Map.entry("HY000/1205", "55P03"),
				Map.entry("42000/1142", "42501"), Map.entry("42000/1143", "42501"), Map.entry("42000/1044", "42501"),
				Map.entry("42000/1227", "42501"), Map.entry("42000/1370", "42501"), Map.entry("28000/1045", "28P01"),
				Map.entry("42000/1049", "3D000"), Map.entry("08004/1040", "53300"), Map.entry("42000/1203", "53300"),
				Map.entry("42000/1226", "53300"), Map.entry("08S01/1053", "57P01"), Map.entry("70100/1927", "57P01"),
				Map.entry("HY000/1290", "25006"), Map.entry("HY000/1836", "25006"), Map.entry("70100/1317", "57014"),
				Map.entry("70100/1969", "57014"), Map.entry("HY000/3024", "57014"), Map.entry("HY000/1021", "53100"),
				Map.entry("HY000/1114", "53100"), Map.entry("HY001/1037", "53200"), Map.entry("HY001/1038", "53200"));
	}

}
