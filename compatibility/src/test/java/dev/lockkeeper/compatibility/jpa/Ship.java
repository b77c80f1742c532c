// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.jpa;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;

/**
 * An entity.
 */
@Entity
public class Ship {

	@Id
	private long id;

	@Column(nullable = false)
	private String name;

	protected Ship() {
	}

	/**
	 * Create a ship.
	 * @param id its number
	 * @param name its name
	 */
	public Ship(long id, String name) {
		this.id = id;
		this.name = name;
	}

	/**
	 * Return the number.
	 * @return the number
	 */
	public long getId() {
		return this.id;
	}

	/**
	 * Return the name.
	 * @return the name
	 */
	public String getName() {
		return this.name;
	}

}
