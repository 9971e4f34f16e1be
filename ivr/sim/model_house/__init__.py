"""A double of the models' endpoints: it hears, thinks and speaks over real HTTP, without a key of anybody's."""
