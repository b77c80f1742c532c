// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.flyway;

import java.util.Map;

import org.flywaydb.core.api.callback.Callback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.jspecify.annotations.Nullable;

/**
 * Reports events of Flyway to a run. Flyway calls the callbacks in the order of their
 * names.
 *
 * @param getCallbackName the name
 * @param actions what is done at which event
 */
record RunCallback(String getCallbackName, Map<Event, Action> actions) implements Callback {

	/**
	 * The name of a callback that is called before those of the user.
	 */
	static final String FIRST = "";

	/**
	 * The name of a callback that is called after those of the user.
	 */
	static final String LAST = "\uFFFF";

	@Override
	public boolean supports(Event event, @Nullable Context context) {
		return this.actions.containsKey(event);
	}

	// The transaction, if there is one, is that of the migration
	@Override
	public boolean canHandleInTransaction(Event event, @Nullable Context context) {
		return false;
	}

	@Override
	public void handle(Event event, Context context) {
		Action action = this.actions.get(event);
		if (action != null) {
			action.act(context);
		}
	}

	/**
	 * What is done at an event.
	 */
	@FunctionalInterface
	interface Action {

		void act(Context context);

	}

}
