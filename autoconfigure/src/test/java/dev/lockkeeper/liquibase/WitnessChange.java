// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.liquibase;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

import liquibase.change.custom.CustomTaskChange;
import liquibase.database.Database;
import liquibase.exception.ValidationErrors;
import liquibase.resource.ResourceAccessor;

/**
 * A custom change that does nothing, and that is reachable for as long as its change set
 * is.
 */
public class WitnessChange implements CustomTaskChange {

	private static final List<WeakReference<WitnessChange>> CREATED = new CopyOnWriteArrayList<>();

	/**
	 * Create a change, as Liquibase does when it reads the changelog.
	 */
	public WitnessChange() {
		CREATED.add(new WeakReference<>(this));
	}

	static int countCreated() {
		return CREATED.size();
	}

	static boolean areCollected() {
		System.gc();
		return CREATED.stream().map(WeakReference::get).allMatch(Objects::isNull);
	}

	@Override
	public void execute(Database database) {
	}

	@Override
	public String getConfirmationMessage() {
		return "witnessed";
	}

	@Override
	public void setUp() {
	}

	@Override
	public void setFileOpener(ResourceAccessor resourceAccessor) {
	}

	@Override
	public ValidationErrors validate(Database database) {
		return new ValidationErrors();
	}

}
