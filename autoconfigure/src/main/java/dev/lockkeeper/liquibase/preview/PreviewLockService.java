// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase.preview;

import dev.lockkeeper.liquibase.run.OwnService;
import liquibase.database.Database;
import liquibase.lockservice.OfflineLockService;

/**
 * The lock of Liquibase during a preview: nothing is changed, so nothing is locked. Found
 * by Liquibase's service loader.
 *
 * @since 0.1.0
 */
public class PreviewLockService extends OfflineLockService implements OwnService {

	@Override
	public int getPriority() {
		return PRIORITY;
	}

	@Override
	public boolean supports(Database database) {
		return SqlPreview.isUnderWay();
	}

}
