// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.datajdbc;

import org.springframework.data.annotation.Id;
import org.springframework.data.relational.core.mapping.Table;

/**
 * A row of the table of ships.
 *
 * @param id its number
 * @param name its name
 */
@Table("ship")
public record Vessel(@Id long id, String name) {

}
