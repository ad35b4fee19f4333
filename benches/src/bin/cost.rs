//! Prints what look-up, growth and insertion cost at several sizes of map, as a Markdown table.

use growstack_benches::cost::{Cost, SIZES};

fn main() -> Result<(), growstack::Refusal> {
    println!(
        "| entries | nodes visited | lookup, ns | grow, ns | insert + remove, ns | bytes an entry |"
    );
    println!("|---:|---:|---:|---:|---:|---:|");
    for entries in SIZES {
        let Cost { nodes_visited, lookup, grow, insert_remove, bytes_per_entry, .. } =
            Cost::measure(entries)?;
        println!(
            "| {entries} | {nodes_visited} | {lookup:.0} | {grow:.0} | {insert_remove:.0} | {bytes_per_entry:.0} |"
        );
    }
    Ok(())
}
