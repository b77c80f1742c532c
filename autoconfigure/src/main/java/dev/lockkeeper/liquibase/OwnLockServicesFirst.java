// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

import dev.lockkeeper.liquibase.run.OwnService;
import liquibase.lockservice.LockService;
import liquibase.servicelocator.StandardServiceLocator;

/**
 * Finds services as Liquibase does, and the lock services of Lockkeeper after all others:
 * of those that have the same priority Liquibase takes the one that was found last. A
 * library may bring one that has the highest priority there is, and supports each
 * database. Found by Liquibase's service loader.
 *
 * @since 0.1.0
 */
public class OwnLockServicesFirst extends StandardServiceLocator {

	@Override
	public int getPriority() {
		return super.getPriority() + 1;
	}

	@Override
	public <T> List<T> findInstances(Class<T> interfaceType) {
		List<T> found = super.findInstances(interfaceType);
		if (interfaceType != LockService.class) {
			return found;
		}
		List<T> sorted = new ArrayList<>(found);
		sorted.sort(Comparator.comparing(OwnService.class::isInstance));
		return sorted;
	}

}
