//! From syntax trees to the intermediate representation: names, types, patterns, borrows, kernel rules, instances.
