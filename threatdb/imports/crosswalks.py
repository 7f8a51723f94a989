"""Which of our codes stands for the code of another scheme: countries so far, by any of their codes or names."""

from __future__ import annotations

from functools import cached_property

from threatdb.pictures import outlines
from threatdb.pictures.outlines import Box
from threatdb.records.models import Country
from threatdb.records.search import fold_name

# Degrees beside a country that count as in it: coastal waters, and borders that are drawn otherwise.
NEAR = 1.0


class Countries:
    """Countries by the codes that data sets use. Reads the table once, so that one instance serves one run."""

    @cached_property
    def _rows(self) -> list[Country]:
        # Countries of today come last, and so win over former ones with the same number.
        return sorted(Country.objects.all(), key=lambda country: (country.valid_to is None, country.code))

    @cached_property
    def by_gleditsch_ward(self) -> dict[int, str]:
        """Our code by the number in the list of Gleditsch and Ward."""
        return {country.gleditsch_ward: country.code for country in self._rows if country.gleditsch_ward is not None}

    @cached_property
    def by_alpha3(self) -> dict[str, str]:
        """Our code by ISO 3166-1 alpha-3."""
        return {country.alpha3: country.code for country in self._rows if country.alpha3}

    @cached_property
    def by_numeric(self) -> dict[int, str]:
        """Our code by ISO 3166-1 numeric."""
        return {int(country.numeric): country.code for country in self._rows if country.numeric}

    @cached_property
    def by_name(self) -> dict[str, str]:
        """Our code by the name, folded."""
        return {fold_name(country.name): country.code for country in self._rows}

    @cached_property
    def _boxes(self) -> dict[str, Box]:
        """What holds a country on the map, by our code; former countries are not on it."""
        boxes = outlines.country_boxes()
        return {country.code: boxes[country.numeric] for country in self._rows if country.numeric in boxes}

    def look_swapped(self, code: str | None, latitude: float, longitude: float) -> bool:
        """Whether the point lies off the country, and with both numbers exchanged in it."""
        box = self._boxes.get(code or "")
        return box is not None and not box.holds((longitude, latitude), NEAR) and box.holds((latitude, longitude))

    def named(self, name: str | None) -> str | None:
        """Our code of the country of that name, whatever its case and accents."""
        return self.by_name.get(fold_name(name)) if name else None
