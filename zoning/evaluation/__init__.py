"""Double evaluation (双评价): ecological importance, agricultural and town-construction suitability."""
