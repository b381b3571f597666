"""Wire protocols that existing clients speak, each a package of its own: they translate, and no rule lives in them."""
